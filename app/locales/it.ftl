# Testi delle pagine pubbliche in italiano. en.ftl ha le stesse chiavi.

language-name = Italiano
language-other = English
skip-to-content = Vai al contenuto
powered = { $organisation } · realizzato con Officina
optional = facoltativo
back = Indietro

# Errori
errors-title = { $count ->
    [one] Un campo va ricontrollato.
   *[other] { $count } campi vanno ricontrollati.
  }
errors-photos-again = Per sicurezza il browser dimentica i file scelti: scegli di nuovo le foto.
error-required = Compila questo campo.
error-too_long = Il testo è troppo lungo.
error-invalid_email = Non sembra un indirizzo e-mail.
error-invalid_phone = Inserisci un numero di telefono da 6 a 15 cifre.
error-invalid_date = Non è una data.
error-date_to_come = Questo giorno deve ancora arrivare.
error-date_past = Questo giorno è passato: scegline un altro.
error-invalid_number = Non è un numero.
error-invalid_plate = Una targa contiene lettere o cifre.
error-out_of_range = Questo numero non può essere giusto.
error-unknown_word = Scegli una delle opzioni.
error-photo_too_large = Una foto può pesare al massimo 10 MB.
error-photo_unsupported = Accettiamo solo foto: JPEG, PNG, WebP o GIF.
error-too_many_photos = Si possono inviare al massimo 20 foto.
error-upload_too_large = Nell'insieme le foto sono troppo grandi. Inviane meno alla volta.
error-other = Così non possiamo accettarlo.
error-busy-title = In questo momento non riusciamo
error-busy-text = Riprova tra poco. Nulla di ciò che hai scritto è stato inviato.
not-found-title = Questa pagina non esiste
to-start = Alla pagina iniziale
welcome-title = Benvenuti
welcome-lead = Che cosa possiamo fare per te?
welcome-staff = Accesso per il personale
not-found-text = Forse l'indirizzo è scritto male, oppure la pagina è stata spostata.
too-many-title = Troppi tentativi
too-many-text = Attendi { $seconds } secondi e riprova.

# Check-in
check-in-title = Check-in della tua auto
check-in-lead = Pochi minuti adesso ti evitano l'attesa allo sportello. Ti chiamiamo per fissare l'appuntamento.
check-in-you = I tuoi dati
check-in-name = Nome e cognome
check-in-phone = Telefono
check-in-phone-hint = Ci serve per trovare la tua scheda e richiamarti.
check-in-email = E-mail
check-in-vehicle = La tua auto
check-in-plate = Targa
check-in-brand = Marca
check-in-model = Modello
check-in-year = Anno
check-in-vin = Numero di telaio (VIN)
check-in-vin-hint = 17 caratteri, nel libretto alla voce E.
check-in-work = Di cosa si tratta?
repair-type-collision = Danni da incidente
repair-type-cosmetic = Graffi, ammaccature, vernice
repair-type-mechanical = Un problema meccanico
check-in-notes = Cosa è successo, cosa dobbiamo sapere?
check-in-accident = Incidente e assicurazione
check-in-accident-date = Data dell'incidente
check-in-accident-place = Luogo dell'incidente
check-in-insurer = Compagnia assicurativa
check-in-policy = Numero di polizza
check-in-photos = Foto
check-in-photos-hint = Fino a 20 foto di al massimo 10 MB ciascuna. Ci aiutano a preparare il preventivo.
photo-front = Davanti
photo-rear = Dietro
photo-left = Lato sinistro
photo-right = Lato destro
photo-detail = Dettagli del danno
photo-documents = Documenti
check-in-when = Quando ti andrebbe bene?
check-in-date = Giorno preferito
check-in-time = Orario preferito
time-any = Qualsiasi orario
time-morning = Mattina
time-afternoon = Pomeriggio
check-in-send = Invia il check-in
check-in-done-title = Check-in ricevuto
check-in-done-lead = Grazie, { $name }. Abbiamo i tuoi dati e ti chiamiamo per fissare l'appuntamento.
check-in-done-code = Il tuo codice
check-in-done-keep = Conserva questo codice: con esso vedi in ogni momento a che punto è la tua auto.
check-in-done-track = Segui la riparazione
check-in-done-photos = { $count ->
    [0] { "" }
    [one] È arrivata una foto.
   *[other] Sono arrivate { $count } foto.
  }

# Tracciamento
track-title = A che punto è la mia auto?
track-lead = Scrivi il codice ricevuto al check-in.
track-code = Codice
track-code-hint = 6 lettere e cifre, per esempio A2B-3CD.
track-show = Mostra lo stato
track-miss = Non conosciamo questo codice. Ricontrolla le lettere o chiamaci.
track-hello = Ciao { $name },
track-status-now = la tua auto è a questo punto:
track-step-of = Fase { $step } di { $steps }
track-promised = Promessa per il
track-vehicle = Auto
track-plate = Targa
track-updated = Ultimo aggiornamento
track-history = Cosa è stato fatto finora
track-refresh = Questa pagina si aggiorna da sola ogni minuto.
track-photos = Foto
track-photos-none = Non ci sono foto.
track-photos-locked = Per vedere le foto scrivi le ultime quattro cifre del tuo telefono.
track-last-four = Ultime quattro cifre del telefono
track-unlock = Mostra le foto
track-photo-alt = Foto: { $category }
track-other = Un altro codice
status-pre_checkin = Check-in ricevuto, in attesa dell'appuntamento
status-confirmed = Appuntamento confermato
status-accepted = L'auto è in officina
status-disassembly = Smontaggio
status-bodywork = Carrozzeria
status-painting = Verniciatura
status-reassembly = Rimontaggio
status-quality_check = Controllo finale
status-ready = Pronta per il ritiro
status-delivered = Consegnata
status-waiting_parts = In attesa di un ricambio
status-cancelled = Annullata

# Contatti
contact-title = Come possiamo aiutarti?
contact-lead = Lascia il tuo numero e ti richiamiamo.
contact-name = Nome e cognome
contact-phone = Telefono
contact-email = E-mail
contact-city = Città
contact-about = Di cosa si tratta?
lead-type-service = Un servizio
lead-type-training = Un corso
lead-type-equipment = Attrezzature
lead-type-staff = Vorrei lavorare con voi
lead-type-teacher = Vorrei insegnare
contact-message = Il tuo messaggio
contact-send = Invia
contact-trap = Lascia vuoto questo campo
contact-done-title = Grazie
contact-done-text = Il tuo messaggio è arrivato. Ti richiamiamo appena possibile.
contact-done-back = Torna al modulo

# Accesso
sign-in-title = Accedi
sign-in-lead = Per il personale di { $organisation }.
sign-in-login = E-mail o telefono
sign-in-password = Password
sign-in-send = Accedi
sign-in-wrong = E-mail, telefono o password non sono corretti.
sign-in-ended = Sei uscito.

# Ingressi
sign-in-forgot = Hai dimenticato la password?
sign-in-register = Sei nuovo? Crea un account
sign-in-reset = La password è cambiata. Accedi con quella nuova.
to-sign-in = Alla pagina di accesso
entry-name = Il tuo nome
entry-password = Scegli una password
entry-password-hint = Da 10 a 128 caratteri; alcune parole di seguito si ricordano facilmente.
error-password_length = Una password ha da 10 a 128 caratteri.
error-password_common = Questa password è tra quelle provate per prime. Scegline un'altra.
error-invalid_slug = Solo lettere minuscole, cifre e trattini.
error-unknown_time_zone = Questo non è un fuso orario; Europe/Rome lo è.
error-taken = È già in uso.
join-title = Benvenuto in { $organisation }
join-lead = Sei stato invitato. Un passo e sei dentro.
join-send = Entra
join-login = Accederai con { $login }.
join-known = Hai già un account ({ $login }). Accedi con quello e tornerai qui.
join-here = Hai effettuato l'accesso come { $login }. Vuoi entrare con questo account?
join-else = L'invito è per { $login }, ma in questo browser è entrato qualcun altro.
join-sign-out = Esci
link-over-title = Questo link non vale più
link-over-text = È già stato usato oppure è troppo vecchio. Chiedine uno nuovo.
forgot-title = Hai dimenticato la password?
forgot-lead = Scrivi con che cosa accedi. Se esiste un account, inviamo un link al suo indirizzo e-mail.
forgot-send = Invia il link
forgot-done-title = Guarda la tua posta
forgot-done-text = Se esiste un account, un link è in arrivo. Vale 30 minuti.
forgot-off-title = Chiedi a un amministratore
forgot-off-text = Questa installazione non invia posta. Un amministratore della tua organizzazione può creare un link per te.
reset-title = Scegli una nuova password
reset-lead = Uscirai da tutti i dispositivi e accederai con la nuova password.
reset-send = Cambia la password
register-title = Crea un account
register-lead = Con un account presso { $organisation } vedi in un solo posto tutto ciò che ti riguarda.
register-first = Nome
register-last = Cognome
register-email = E-mail
register-send = Crea l'account
register-done-title = Guarda la tua posta
register-done-text = Un link per confermare l'indirizzo è in arrivo. Vale 24 ore.
confirm-title = Ancora un passo
confirm-lead = Il tuo indirizzo e-mail è giusto. Completa la registrazione.
confirm-send = Completa
code-title = Ancora un passo
code-lead = Apri la tua app di autenticazione.
code-label = Codice
code-hint = Le sei cifre che l'app mostra ora, oppure uno dei codici di recupero.
code-wrong = Il codice non è giusto o è già stato usato.
setup-title = Benvenuto in Officina
setup-lead = Parlaci della tua attività e di te. Tutto si può cambiare in seguito.
setup-business = La tua attività
setup-organisation = Nome
setup-slug = Nome breve per gli indirizzi
setup-slug-hint = Per esempio: rossi
setup-zone = Fuso orario
setup-you = Tu
setup-send = Comincia
