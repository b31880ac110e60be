//! Repairs of the demo: announced over the months, each moved along the line at a believable pace.

use std::collections::BinaryHeap;

use image::{ImageFormat, Rgb, RgbImage};
use officina::Result;
use officina::kernel::App;
use officina::kernel::actor::Actor;
use officina::kernel::files::Photo;
use officina::kernel::ids::{OrgId, RepairId};
use officina::kernel::time::{DAY, HOUR, MINUTE, Timestamp};
use officina::repairs::{ChangeStatus, CheckIn, ConfirmRepair, PhotoCategory, RepairStatus, UpdateRepair};
use officina::repairs::{appointments, service};
use rand::rngs::StdRng;
use rand::{Rng, RngExt};

use super::cast::{self, one_of};
use super::people::{PORTAL, Staff};
use super::stage::Part;
use super::{DemoCode, HISTORY, Play};

/// What happens next to a repair, ordered by time, the earliest first.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Next {
    due: std::cmp::Reverse<Timestamp>,
    number: usize,
}

/// Every so many cars, one belongs to the customer who has an account.
const VANS: usize = 43;

struct Job {
    repair: Option<RepairId>,
    status: RepairStatus,
    input: CheckIn,
    parts_missing: bool,
    called_off: bool,
}

/// Plays the history of an organisation's repairs up to now.
pub(super) async fn play(play: &Play<'_>, part: Part, count: usize, codes: &mut Vec<DemoCode>) -> Result<()> {
    let (now, random) = (play.now, &mut play.random());
    let public = Actor::public(play.system.org, None, None);
    let photos = damage_photos(play.app, play.system.org).await?;
    let mut jobs: Vec<Job> = (0..count).map(|_| announce(random)).collect();
    if play.slug == "demo" {
        // The vans of the customer who has an account.
        for Job { input, .. } in jobs.iter_mut().skip(count % VANS).step_by(VANS) {
            let (name, phone) = PORTAL;
            (input.customer_name, input.customer_phone) = (name.to_owned(), phone.to_owned());
            input.customer_email = None;
        }
    }
    let mut next: BinaryHeap<Next> =
        (0..count).map(|number| Next { due: std::cmp::Reverse(arrival(number, count, now, random)), number }).collect();
    while let Some(Next { due, number }) = next.pop() {
        let moment = due.0;
        if moment > now {
            continue;
        }
        part.until(moment).await;
        let app = play.at(moment);
        let job = &mut jobs[number];
        match job.repair {
            None => {
                if job.input.accident_place.is_some() {
                    job.input.accident_date = Some(day(moment.plus(-random.random_range(1..20) * DAY)));
                }
                let shown: Vec<(PhotoCategory, Photo)> = if number % 4 == 0 { photos.clone() } else { Vec::new() };
                let checked_in = service::check_in(&app, &public, &job.input, &shown, None).await?;
                job.repair = Some(checked_in.id);
                let digits: String = job.input.customer_phone.chars().filter(char::is_ascii_digit).collect();
                codes.push(DemoCode {
                    org: play.slug.to_owned(),
                    code: checked_in.tracking_code,
                    repair_id: checked_in.id,
                    phone_last4: digits[digits.len() - 4..].to_owned(),
                });
            }
            Some(repair) => step(&app, play.staff, job, repair, random).await?,
        }
        if !job.status.is_final() {
            let due = at_work(moment.plus(pause(job.status, random)), random);
            next.push(Next { due: std::cmp::Reverse(due), number });
        }
    }
    Ok(())
}

/// Moves a repair one step, as a mechanic would.
async fn step(app: &App, staff: &Staff, job: &mut Job, repair: RepairId, random: &mut StdRng) -> Result<()> {
    use RepairStatus as S;
    let actor = one_of(random, &staff.technicians);
    let (to, note, public_note) = if job.called_off && job.status == S::Confirmed {
        (S::Cancelled, Some("Il cliente ha annullato per telefono."), None)
    } else if job.parts_missing && job.status == S::Disassembly {
        job.parts_missing = false;
        (S::WaitingParts, Some("Ordinato il ricambio."), Some("Aspettiamo un ricambio, la avvisiamo appena arriva."))
    } else if job.status == S::WaitingParts {
        (S::Bodywork, None, Some("Il ricambio è arrivato, riprendiamo."))
    } else {
        let step = job.status.step().unwrap_or_default();
        let to = officina::repairs::LINE[step + 1];
        let public_note = match to {
            S::Accepted => Some("La sua auto è in officina."),
            S::Painting => Some("In cabina di verniciatura."),
            S::Ready => Some("Può ritirarla dalle 8:30 alle 18:30."),
            _ => None,
        };
        (to, None, public_note)
    };
    if to == S::Confirmed {
        // The car is expected in some days, in the morning.
        let day_of_visit = day(app.clock.now().plus(random.random_range(1..5) * DAY));
        let confirm = ConfirmRepair {
            confirmed_date: Some(day_of_visit),
            confirmed_time: Some(format!("{:02}:{:02}", random.random_range(8..11), 15 * random.random_range(0..4))),
            outside_hours: true,
            ..ConfirmRepair::default()
        };
        appointments::confirm(app, actor, repair, &confirm).await?;
        job.status = to;
        return Ok(());
    }
    let change = ChangeStatus {
        status: to.as_str().to_owned(),
        note: note.map(str::to_owned),
        public_note: public_note.map(str::to_owned),
        ..ChangeStatus::default()
    };
    service::change_status(app, actor, repair, &change).await?;
    job.status = to;
    if to == S::Accepted {
        // Most promises are kept; some of the cars in the shop are late.
        let promised = app.clock.now().plus(random.random_range(8..22) * DAY);
        let update = UpdateRepair {
            promised_date: Some(day(promised)),
            assignee_id: actor.member().map(|member| member.membership.to_string()),
            ..UpdateRepair::default()
        };
        service::update(app, staff.technicians.last().unwrap_or(actor), repair, &update).await?;
    }
    Ok(())
}

/// When a car is announced: spread over the history, denser towards now, in working hours.
fn arrival(number: usize, count: usize, now: Timestamp, random: &mut impl Rng) -> Timestamp {
    let share = (number as f64 / count as f64).sqrt();
    #[expect(clippy::cast_possible_truncation, reason = "a share of some months fits")]
    let age = (HISTORY as f64 * (1.0 - share)) as i64;
    let moment = now.plus(-age);
    let morning = moment.0 - moment.0.rem_euclid(DAY) + 6 * HOUR;
    Timestamp(morning + random.random_range(0..9 * 60) * MINUTE).min(now.plus(-5 * MINUTE))
}

/// How long a repair stays at a status.
fn pause(status: RepairStatus, random: &mut impl Rng) -> i64 {
    let hours = match status {
        RepairStatus::PreCheckin => 3..50,
        RepairStatus::Confirmed => 20..120,
        RepairStatus::WaitingParts => 48..200,
        RepairStatus::Ready => 5..90,
        _ => 6..60,
    };
    random.random_range(hours) * HOUR + random.random_range(0..60) * MINUTE
}

/// The same moment if the shop is open then, else the next morning. Open is 8 to 18 in Rome's winter, every day.
fn at_work(moment: Timestamp, random: &mut impl Rng) -> Timestamp {
    let midnight = moment.0 - moment.0.rem_euclid(DAY);
    let morning = midnight + 7 * HOUR + random.random_range(0..180) * MINUTE;
    match moment.0 - midnight {
        early if early < 7 * HOUR => Timestamp(morning),
        late if late > 17 * HOUR => Timestamp(morning + DAY),
        _ => moment,
    }
}

fn day(moment: Timestamp) -> String {
    moment.to_utc().format("%Y-%m-%d").to_string()
}

fn announce(random: &mut StdRng) -> Job {
    let (brand, model) = one_of(random, &cast::VEHICLES);
    let collision = random.random_bool(0.55);
    let name = cast::name(random);
    let email = format!("{}@example.org", name.to_lowercase().replace(' ', "."));
    let input = CheckIn {
        customer_name: name,
        customer_phone: cast::phone(random),
        customer_email: random.random_bool(0.7).then_some(email),
        vehicle_plate: cast::plate(random),
        vehicle_brand: Some((*brand).to_owned()),
        vehicle_model: Some((*model).to_owned()),
        vehicle_year: Some(random.random_range(2008..2026)),
        repair_type: if collision { "collision" } else { *one_of(random, &["cosmetic", "mechanical"]) }.to_owned(),
        accident_place: collision.then(|| (*one_of(random, &cast::PLACES)).to_owned()),
        insurance_company: collision.then(|| (*one_of(random, &cast::INSURERS)).to_owned()),
        policy_number: collision.then(|| format!("PL-{}", random.random_range(100_000..999_999))),
        notes: Some((*one_of(random, &cast::DAMAGES)).to_owned()),
        ..CheckIn::default()
    };
    Job {
        repair: None,
        status: RepairStatus::PreCheckin,
        input,
        parts_missing: random.random_bool(0.2),
        called_off: random.random_bool(0.06),
    }
}

/// Two drawn pictures in place of photos: a car's front and a dent.
async fn damage_photos(app: &App, org: OrgId) -> Result<Vec<(PhotoCategory, Photo)>> {
    let mut photos = Vec::new();
    for (category, hue) in [(PhotoCategory::Front, 40u8), (PhotoCategory::Detail, 120)] {
        let picture = RgbImage::from_fn(960, 720, |x, y| {
            let (shade, stripe) = ((y / 4 % 200) as u8, (x / 8 % 40) as u8);
            let body = (x.abs_diff(480).pow(2) / 4 + y.abs_diff(420).pow(2)) < 60_000;
            if body {
                Rgb([hue + stripe, 70 + stripe, 160])
            } else {
                Rgb([230 - shade / 4, 232 - shade / 4, 236 - shade / 4])
            }
        });
        let mut bytes = std::io::Cursor::new(Vec::new());
        picture.write_to(&mut bytes, ImageFormat::Png).map_err(officina::Error::internal)?;
        photos.push((category, app.files.prepare_photo(org, bytes.into_inner().into()).await?));
    }
    Ok(photos)
}
