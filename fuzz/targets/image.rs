//! Photos: any bytes are a picture or a refusal, in bounded memory (the limit is given to the fuzzer).

#![no_main]

use std::sync::LazyLock;

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use officina::Error;
use officina::kernel::files::FileStore;
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

struct Bench {
    runtime: Runtime,
    files: FileStore,
    _folder: TempDir,
}

static BENCH: LazyLock<Bench> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a temporary folder");
    Bench {
        runtime: Builder::new_current_thread().build().expect("a runtime"),
        files: FileStore::in_folder(folder.path()).expect("a folder for files"),
        _folder: folder,
    }
});

fuzz_target!(|bytes: &[u8]| {
    match BENCH.runtime.block_on(BENCH.files.prepare_photo(Bytes::copy_from_slice(bytes))) {
        Ok(_) | Err(Error::UnsupportedMedia(_) | Error::TooLarge(_)) => {}
        Err(other) => panic!("a picture is not the server's fault: {other:?}"),
    }
});
