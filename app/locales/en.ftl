# Texts of the public pages in English. it.ftl holds the same keys.

language-name = English
language-other = Italiano
skip-to-content = Skip to the content
powered = { $organisation } · made with Officina
optional = optional
back = Back

# Errors
errors-title = { $count ->
    [one] One field needs another look.
   *[other] { $count } fields need another look.
  }
errors-photos-again = For your safety browsers forget chosen files: please choose the photos again.
error-required = Please fill this in.
error-too_long = This is too long.
error-invalid_email = This does not look like an e-mail address.
error-invalid_phone = Please give a phone number with 6 to 15 digits.
error-invalid_date = This is not a date.
error-date_to_come = This day has not come yet.
error-date_past = This day is over: please choose another.
error-invalid_number = This is not a number.
error-invalid_plate = A plate has letters or digits.
error-out_of_range = This number cannot be right.
error-unknown_word = Please choose one of the options.
error-photo_too_large = A photo may have at most 10 MB.
error-photo_unsupported = Only photos are taken: JPEG, PNG, WebP or GIF.
error-too_many_photos = At most 20 photos can be sent.
error-upload_too_large = Altogether the photos are too large. Please send fewer at a time.
error-other = This cannot be taken as it is.
error-busy-title = We cannot take this right now
error-busy-text = Please try again in a moment. Nothing you typed was sent.
not-found-title = This page does not exist
to-start = To the start
welcome-title = Welcome
welcome-lead = What can we do for you?
welcome-staff = Sign in for staff
not-found-text = The address may have been typed wrongly, or the page has moved.
too-many-title = Too many tries
too-many-text = Please wait { $seconds } seconds and try again.

# Check-in
check-in-title = Check in your car
check-in-lead = A few minutes now save you the wait at the counter. We call you to settle the appointment.
check-in-you = You
check-in-name = Your name
check-in-phone = Phone
check-in-phone-hint = We find your records by it and call you back.
check-in-email = E-mail
check-in-vehicle = Your car
check-in-plate = Licence plate
check-in-brand = Brand
check-in-model = Model
check-in-year = Year
check-in-vin = Chassis number (VIN)
check-in-vin-hint = 17 characters, in the registration papers under E.
check-in-work = What is it about?
repair-type-collision = Damage after an accident
repair-type-cosmetic = Scratches, dents, paint
repair-type-mechanical = A mechanical problem
check-in-notes = What happened, what should we know?
check-in-accident = Accident and insurance
check-in-accident-date = Date of the accident
check-in-accident-place = Place of the accident
check-in-insurer = Insurance company
check-in-policy = Policy number
check-in-photos = Photos
check-in-photos-hint = Up to 20 photos of at most 10 MB each. They help us prepare an estimate.
photo-front = Front
photo-rear = Rear
photo-left = Left side
photo-right = Right side
photo-detail = Details of the damage
photo-documents = Documents
check-in-when = When would it suit you?
check-in-date = Preferred day
check-in-time = Preferred time
time-any = Any time
time-morning = Morning
time-afternoon = Afternoon
check-in-send = Send check-in
check-in-done-title = You are checked in
check-in-done-lead = Thank you, { $name }. We have your details and call you to settle the appointment.
check-in-done-code = Your tracking code
check-in-done-keep = Keep this code: with it you see at any time how your car is doing.
check-in-done-track = Follow your repair
check-in-done-photos = { $count ->
    [0] { "" }
    [one] One photo has arrived.
   *[other] { $count } photos have arrived.
  }

# Tracking
track-title = Where is my car?
track-lead = Type the code that you got at check-in.
track-code = Tracking code
track-code-hint = 6 letters and digits, such as A2B-3CD.
track-show = Show status
track-miss = We do not know this code. Please check the letters, or call us.
track-hello = Hello { $name },
track-status-now = your car is here in the process:
track-step-of = Step { $step } of { $steps }
track-promised = Promised for
track-vehicle = Car
track-plate = Plate
track-updated = Last change
track-history = What happened so far
track-refresh = This page renews itself every minute.
track-photos = Photos
track-photos-none = There are no photos.
track-photos-locked = To see the photos, type the last four digits of your phone number.
track-last-four = Last four digits of your phone
track-unlock = Show photos
track-photo-alt = Photo: { $category }
track-other = Another code
status-pre_checkin = Checked in, waiting for the appointment
status-confirmed = Appointment confirmed
status-accepted = The car is in the workshop
status-disassembly = Being taken apart
status-bodywork = Bodywork
status-painting = Painting
status-reassembly = Being put together
status-quality_check = Final check
status-ready = Ready to be fetched
status-delivered = Handed over
status-waiting_parts = Waiting for a part
status-cancelled = Cancelled

# Contact
contact-title = How can we help?
contact-lead = Leave your number and we call you back.
contact-name = Your name
contact-phone = Phone
contact-email = E-mail
contact-city = City
contact-about = What is it about?
lead-type-service = A service
lead-type-training = A course
lead-type-equipment = Equipment
lead-type-staff = I would like to work with you
lead-type-teacher = I would like to teach
contact-message = Your message
contact-send = Send
contact-trap = Leave this field empty
contact-done-title = Thank you
contact-done-text = Your message has arrived. We call you back as soon as we can.
contact-done-back = Back to the form

# Sign-in
sign-in-title = Sign in
sign-in-lead = For the team of { $organisation }.
sign-in-login = E-mail or phone
sign-in-password = Password
sign-in-send = Sign in
sign-in-wrong = E-mail, phone or password is not right.
sign-in-ended = You have been signed out.

# Ways in
sign-in-forgot = Forgot your password?
sign-in-register = New here? Make an account
sign-in-reset = Your password is changed. Sign in with the new one.
to-sign-in = To the sign-in page
entry-name = Your name
entry-password = Choose a password
entry-password-hint = 10 to 128 characters; a few words in a row are easy to remember.
error-password_length = A password has 10 to 128 characters.
error-password_common = This password is one of those that are guessed first. Please take another.
error-invalid_slug = Only lower-case letters, digits and dashes, please.
error-unknown_time_zone = This is not a time zone; Europe/Rome is one.
error-taken = This is taken already.
join-title = Welcome to { $organisation }
join-lead = You are invited. One step, and you are in.
join-send = Come in
join-login = You will sign in with { $login }.
join-known = You have an account already ({ $login }). Sign in with it, and you come back here.
join-here = You are signed in as { $login }. Come in with this account?
join-else = The invitation is for { $login }, but somebody else is signed in in this browser.
join-sign-out = Sign out
link-over-title = This link is no longer good
link-over-text = It was used already, or it is too old. Ask for a new one.
forgot-title = Forgot your password?
forgot-lead = Tell us what you sign in with. If there is such an account, we send a link to its e-mail address.
forgot-send = Send the link
forgot-done-title = Look into your mail
forgot-done-text = If there is such an account, a link is on its way. It is good for 30 minutes.
forgot-off-title = Ask an administrator
forgot-off-text = This installation sends no mail. An administrator of your organisation can make a link for you.
reset-title = Choose a new password
reset-lead = You will be signed out everywhere, and sign in with the new password.
reset-send = Change the password
register-title = Make an account
register-lead = With an account at { $organisation } you see what is yours in one place.
register-first = First name
register-last = Last name
register-email = E-mail
register-send = Make the account
register-done-title = Look into your mail
register-done-text = A link to confirm your address is on its way. It is good for 24 hours.
confirm-title = One more step
confirm-lead = Your e-mail address is right. Finish the registration.
confirm-send = Finish
code-title = One more step
code-lead = Open your authenticator app.
code-label = Code
code-hint = The six digits that the app shows now, or one of your recovery codes.
code-wrong = This code is not right, or it was used already.
setup-title = Welcome to Officina
setup-lead = Tell us about your business and yourself. Everything can be changed later.
setup-business = Your business
setup-organisation = Name
setup-slug = Short name for addresses
setup-slug-hint = For example: rossi
setup-zone = Time zone
setup-you = You
setup-send = Begin
