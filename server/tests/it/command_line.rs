//! The binary itself, started as people start it.

use std::path::Path;
use std::process::{Command, Output};

fn officina(data: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_officina"))
        .args(arguments)
        .env("OFFICINA_DATA", data)
        .env_remove("OFFICINA_DATABASE")
        .current_dir(data)
        .output()
        .expect("the binary runs")
}

#[track_caller]
fn succeed(output: &Output) -> String {
    let (said, complained) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{complained}");
    said.into_owned()
}

/// Exit code 1 and one sentence.
#[track_caller]
fn fail(output: &Output) -> String {
    let complained = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{complained}");
    assert_eq!(complained.trim_end().lines().count(), 1, "{complained}");
    assert!(output.stdout.is_empty());
    complained
}

#[test]
fn what_is_wrong_stops_the_start_with_one_sentence() {
    let data = tempfile::tempdir().unwrap();
    for (arguments, word) in [
        (&["serve", "--database", "postgres://nowhere.invalid"][..], "postgres://nowhere.invalid"),
        (&["serve", "--database", "mysql://x"], "postgres://"),
        (&["serve", "--listen", "here"], "listen"),
        (&["serve", "--listen", "203.0.113.1:1"], "203.0.113.1:1"),
        (&["serve", "--lisen", "127.0.0.1:1"], "--lisen"),
        (&["serve", "--config", "missing.toml"], "missing.toml"),
        (&["serve", "--demo", "--listen", "0.0.0.0:1"], "loopback"),
        (&["dance"], "dance"),
    ] {
        let sentence = fail(&officina(data.path(), arguments));
        assert!(sentence.contains(word), "{arguments:?}: {sentence}");
    }
    std::fs::write(data.path().join("officina.toml"), "lisen = 1\n").unwrap();
    assert!(fail(&officina(data.path(), &["config"])).contains("lisen"));
}

#[test]
fn the_configuration_in_force_is_printed_without_secrets() {
    let data = tempfile::tempdir().unwrap();
    std::fs::write(
        data.path().join("officina.toml"),
        "base_url = \"https://shop.test\"\nlisten = \"127.0.0.1:4000\"\n",
    )
    .unwrap();
    let secret = "a secret of more than thirty-two characters";
    let said = succeed(&officina(data.path(), &["config", "--listen", "127.0.0.1:5000", "--secret", secret]));
    assert!(said.contains("127.0.0.1:5000") && said.contains("https://shop.test") && !said.contains(secret), "{said}");
}

#[test]
fn an_installation_is_set_up_checked_and_moved() {
    let data = tempfile::tempdir().unwrap();
    let here = data.path();
    succeed(&officina(here, &["org", "add", "rossi", "Carrozzeria Rossi"]));
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(here.join("secret")).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    let add = ["user", "add", "--org", "rossi", "--role", "admin", "--name", "Anna", "anna@rossi.test"];
    let said = succeed(&officina(here, &add));
    assert!(said.contains("anna@rossi.test signs in with the password "), "{said}");
    assert!(fail(&officina(here, &add)).contains("account"));
    succeed(&officina(here, &["user", "reset-password", "anna@rossi.test"]));
    let sound = succeed(&officina(here, &["audit", "verify"]));
    assert!(sound.starts_with("rossi: 3 entries, head "), "{sound}");

    std::fs::create_dir_all(here.join("files/photos")).unwrap();
    std::fs::write(here.join("files/photos/front.jpg"), "a photo").unwrap();
    // A photo that is just being stored, and half an archive of a backup that was killed.
    std::fs::write(here.join("files/photos/rear.jpg#1"), "half").unwrap();
    std::fs::write(here.join("all.tar.xyz.partial"), "half").unwrap();
    succeed(&officina(here, &["backup", "all.tar"]));
    assert!(fail(&officina(here, &["backup", "all.tar"])).contains("exists already"));
    let elsewhere = tempfile::tempdir().unwrap();
    let archive = here.join("all.tar");
    let archive = archive.to_str().unwrap();
    assert!(succeed(&officina(elsewhere.path(), &["restore", archive])).contains("THE SECRET IS MISSING"));
    assert_eq!(std::fs::read_to_string(elsewhere.path().join("files/photos/front.jpg")).unwrap(), "a photo");
    assert_eq!(std::fs::read_dir(elsewhere.path().join("files/photos")).unwrap().count(), 1);
    assert!(!elsewhere.path().join("secret").exists());
    // Under a secret of its own, the copy cannot know whether its journal is the one that was backed up.
    let strange = officina(elsewhere.path(), &["audit", "verify"]);
    let said = String::from_utf8_lossy(&strange.stdout);
    assert!(!strange.status.success() && said.contains("not sealed with this installation's secret"), "{said}");
    std::fs::copy(here.join("secret"), elsewhere.path().join("secret")).unwrap();
    assert_eq!(succeed(&officina(elsewhere.path(), &["audit", "verify"])), sound);
    // Or it goes on under another one, which its journal tells.
    std::fs::write(elsewhere.path().join("secret"), "another secret of more than thirty-two letters").unwrap();
    assert!(!officina(elsewhere.path(), &["audit", "verify"]).status.success());
    for refused in [&["serve", "--listen", "127.0.0.1:0"][..], &["org", "add", "neri", "Neri"]] {
        assert!(fail(&officina(elsewhere.path(), refused)).contains("belongs to another secret"));
    }
    succeed(&officina(elsewhere.path(), &["audit", "reseal"]));
    succeed(&officina(elsewhere.path(), &["org", "add", "neri", "Neri"]));
    let again = elsewhere.path().join("secret");
    std::fs::copy(here.join("secret"), &again).unwrap();
    assert!(fail(&officina(elsewhere.path(), &["org", "add", "blu", "Blu"])).contains("belongs to another secret"));
    std::fs::write(&again, "another secret of more than thirty-two letters").unwrap();
    let resealed = succeed(&officina(elsewhere.path(), &["audit", "verify"]));
    assert!(resealed.starts_with("rossi: 4 entries, head "), "{resealed}");
    assert!(fail(&officina(elsewhere.path(), &["restore", archive])).contains("holds data"));
    let prepared = tempfile::tempdir().unwrap();
    std::fs::copy(here.join("secret"), prepared.path().join("secret")).unwrap();
    assert!(!succeed(&officina(prepared.path(), &["restore", archive])).contains("SECRET"));
}

#[test]
fn a_new_secret_takes_the_place_of_the_old_one_which_counts_for_a_time() {
    let data = tempfile::tempdir().unwrap();
    let here = data.path();
    let read = |name: &str| std::fs::read_to_string(here.join(name)).unwrap();
    succeed(&officina(here, &["org", "add", "rossi", "Carrozzeria Rossi"]));
    let first = read("secret");
    assert!(succeed(&officina(here, &["secret", "retire"])).contains("no old secret"));
    succeed(&officina(here, &["secret", "rotate"]));
    assert!(read("secret.previous") == first && read("secret") != first);
    for name in ["secret", "secret.previous"] {
        let mode = std::fs::metadata(here.join(name)).unwrap().permissions();
        assert_eq!(std::os::unix::fs::PermissionsExt::mode(&mode) & 0o777, 0o600);
    }
    // A server that is still running seals with the old one: nobody else begins with the new one before it.
    for early in [&["secret", "rotate"][..], &["secret", "retire"], &["org", "add", "neri", "Neri"]] {
        assert!(fail(&officina(here, early)).contains("stop it, start it again"));
    }
    let set = "another secret of more than thirty-two letters";
    assert!(fail(&officina(here, &["--secret", set, "secret", "rotate"])).contains("previous_secret"));
}

#[test]
fn a_shell_with_another_country_reads_no_numbers_anew_unless_it_is_told_to() {
    let data = tempfile::tempdir().unwrap();
    let here = data.path();
    succeed(&officina(here, &["org", "add", "rossi", "Carrozzeria Rossi"]));
    let sound = succeed(&officina(here, &["audit", "verify"]));
    assert_eq!(succeed(&officina(here, &["--sms-prefix", "+44", "audit", "verify"])), sound);
    let serve = ["--sms-prefix", "+44", "serve", "--listen", "127.0.0.1:0"];
    assert!(fail(&officina(here, &serve)).contains("officina migrate"));
    succeed(&officina(here, &["--sms-prefix", "+44", "org", "add", "neri", "Neri"]));
    succeed(&officina(here, &["migrate"]));
    let both = succeed(&officina(here, &["audit", "verify"]));
    assert_eq!(both.lines().filter(|line| line.contains(": 1 entries, ")).count(), 2, "nothing was read anew: {both}");

    succeed(&officina(here, &["--sms-prefix", "+44", "migrate"]));
    let read = succeed(&officina(here, &["audit", "verify"]));
    assert_eq!(
        read.lines().filter(|line| line.contains(": 2 entries, ")).count(),
        2,
        "read in another country: {read}"
    );
    assert!(fail(&officina(here, &["serve", "--listen", "127.0.0.1:0"])).contains("officina migrate"));
}
