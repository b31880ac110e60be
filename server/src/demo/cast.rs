//! Names and things that the demo is made of. All of them are invented.

use rand::Rng;
use rand::RngExt;

pub(super) const FIRST_NAMES: [&str; 24] = [
    "Alessandro",
    "Sofia",
    "Lorenzo",
    "Aurora",
    "Mattia",
    "Ginevra",
    "Andrea",
    "Beatrice",
    "Francesco",
    "Emma",
    "Gabriele",
    "Vittoria",
    "Riccardo",
    "Matilde",
    "Tommaso",
    "Camilla",
    "Edoardo",
    "Chiara",
    "Stefano",
    "Irene",
    "Pietro",
    "Noemi",
    "Simone",
    "Bianca",
];

pub(super) const LAST_NAMES: [&str; 24] = [
    "Rossi", "Russo", "Ferrari", "Esposito", "Romano", "Colombo", "Ricci", "Marino", "Greco", "Bruno", "Galli",
    "Costa", "Fontana", "Santoro", "Mariani", "Rinaldi", "Caruso", "Villa", "Leone", "Longo", "Martini", "Vitale",
    "Serra", "Testa",
];

pub(super) const VEHICLES: [(&str, &str); 16] = [
    ("Fiat", "Panda"),
    ("Fiat", "500"),
    ("Lancia", "Ypsilon"),
    ("Alfa Romeo", "Giulietta"),
    ("Volkswagen", "Golf"),
    ("Renault", "Clio"),
    ("Peugeot", "208"),
    ("Toyota", "Yaris"),
    ("Ford", "Fiesta"),
    ("Opel", "Corsa"),
    ("Jeep", "Renegade"),
    ("Audi", "A3"),
    ("BMW", "Serie 1"),
    ("Dacia", "Sandero"),
    ("Nissan", "Qashqai"),
    ("Citroën", "C3"),
];

pub(super) const DAMAGES: [&str; 10] = [
    "Paraurti anteriore rotto dopo un tamponamento.",
    "Graffi lungo la fiancata sinistra.",
    "Portiera del conducente ammaccata, non si chiude bene.",
    "Specchietto destro rotto.",
    "Grandine su cofano e tetto.",
    "Faro anteriore sinistro incrinato e parafango piegato.",
    "Vernice opaca sul cofano.",
    "Rumore dal lato destro dopo aver preso una buca.",
    "Cristallo posteriore scheggiato.",
    "Sottoporta piegato in parcheggio.",
];

pub(super) const INSURERS: [&str; 5] =
    ["Assicurazioni Adriatica", "Mutua del Po", "Tirrenica Danni", "Alpina Assicura", "Previdenza Nord"];

pub(super) const PLACES: [&str; 6] = [
    "Via Emilia, Modena",
    "Tangenziale Ovest",
    "Piazza Garibaldi, Parma",
    "Parcheggio del supermercato",
    "SS9, Reggio Emilia",
    "Via Verdi 12",
];

pub(super) const WISHES: [&str; 8] = [
    "Vorrei un preventivo per riverniciare il cofano.",
    "Fate anche il cambio gomme? Quando posso passare?",
    "Cerco un corso di verniciatura per principianti.",
    "Avete auto sostitutive durante la riparazione?",
    "Lavoro da otto anni come carrozziere e cerco un posto a Modena.",
    "Mi interessa una convenzione per la flotta di dodici furgoni.",
    "Could you call me back about hail damage? I speak English.",
    "Quanto costa la lucidatura dei fari?",
];

pub(super) const CITIES: [&str; 6] = ["Modena", "Bologna", "Parma", "Reggio Emilia", "Ferrara", "Carpi"];

/// One of a list.
pub(super) fn one_of<'a, T>(random: &mut impl Rng, list: &'a [T]) -> &'a T {
    &list[random.random_range(0..list.len())]
}

/// A person's name.
pub(super) fn name(random: &mut impl Rng) -> String {
    format!("{} {}", one_of(random, &FIRST_NAMES), one_of(random, &LAST_NAMES))
}

/// A mobile number that looks Italian.
pub(super) fn phone(random: &mut impl Rng) -> String {
    format!("+39 3{} {}", random.random_range(20..99), random.random_range(1_000_000..9_999_999))
}

/// A plate of the Italian form `AA123AA`.
pub(super) fn plate(random: &mut impl Rng) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHJKLMNPRSTVWXYZ";
    let mut letters = || -> String { (0..2).map(|_| char::from(*one_of(random, LETTERS))).collect() };
    let (before, after) = (letters(), letters());
    format!("{before}{:03}{after}", random.random_range(0..1000))
}
