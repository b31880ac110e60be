//! Photos: any bytes are a picture or a refusal, in bounded memory (the limit is given to the fuzzer).

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use officina::kernel::files::{FileStore, PhotoError};
use officina::kernel::ids::OrgId;
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

/// What pictures may take while they are read, as it is set where nobody says otherwise.
const MEMORY: u64 = 96 * 1024 * 1024;

struct Bench {
    runtime: Runtime,
    files: FileStore,
    org: OrgId,
    _folder: TempDir,
}

static BENCH: LazyLock<Bench> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a temporary folder");
    Bench {
        runtime: Builder::new_current_thread().build().expect("a runtime"),
        files: FileStore::in_folder(folder.path(), MEMORY).expect("a folder for files"),
        org: OrgId::new(),
        _folder: folder,
    }
});

fuzz_target!(|bytes: &[u8]| {
    match BENCH.runtime.block_on(BENCH.files.prepare_photo(BENCH.org, bytes.to_vec().into())) {
        Ok(_) | Err(PhotoError::Refused(_)) => {}
        Err(PhotoError::Failed(other)) => panic!("a picture is not the server's fault: {other:?}"),
    }
});
