//! Decoding in a process of its own (UP-05): it has no settings, no files, no network use for it, little memory and little
//! time. Whatever a hostile file does to the decoder, it does there.

use std::io::{self, Read as _, Write as _};
use std::path::PathBuf;
use std::process::{ExitCode, ExitStatus, Stdio};
use std::time::Duration;

use image::ImageFormat;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::Command;
use tokio::time::timeout;

use super::{BYTES, PhotoFault, Picture, end, picture};

/// What the process may do. Its own picture needs no more, in any of the three formats.
const LIMITS: [(Resource, u64); 6] = [
    (Resource::As, 512 * 1024 * 1024),
    (Resource::Cpu, 10),
    (Resource::Fsize, 0),
    (Resource::Core, 0),
    // Nothing but the three it was started with.
    (Resource::Nofile, 3),
    (Resource::Nproc, 0),
];

/// By the clock on the wall.
const PATIENCE: Duration = Duration::from_secs(10);

/// A picture of the most pixels is smaller as JPEG.
const MOST: u64 = 128 * 1024 * 1024;

/// A program that panics exits so.
const PANICKED: i32 = 101;

/// The answer for each fault that the other process finds by itself.
const FAULTS: [(u8, PhotoFault); 5] = [
    (10, PhotoFault::Kind),
    (11, PhotoFault::Damaged),
    (12, PhotoFault::Bytes),
    (13, PhotoFault::Pixels),
    (14, PhotoFault::Behind),
];

/// Why there is no picture.
#[derive(Debug, thiserror::Error)]
pub enum Undecoded {
    /// It is the file.
    #[error("the file {0}")]
    Fault(#[from] PhotoFault),
    /// It is the machine.
    #[error("the process that decodes pictures did not work")]
    Broken(#[from] io::Error),
}

/// Starts a process for each picture.
#[derive(Clone, Debug)]
pub struct Decoder {
    program: PathBuf,
    patience: Duration,
}

impl Decoder {
    /// The program that runs now, also where another version has been put in its place.
    pub fn own() -> Self {
        Self::of(PathBuf::from("/proc/self/exe"), PATIENCE)
    }

    /// This program, given so long.
    pub fn of(program: PathBuf, patience: Duration) -> Self {
        Self { program, patience }
    }

    /// The picture in a file.
    pub async fn picture(&self, file: &[u8]) -> Result<Picture, Undecoded> {
        if BYTES < file.len() {
            return Err(PhotoFault::Bytes.into());
        }
        let Ok(ended) = timeout(self.patience, self.run(file)).await else {
            tracing::warn!("a picture took too long to decode; its process was killed");
            return Err(PhotoFault::Costly.into());
        };
        let (status, answer) = ended?;
        if status.success() { received(&answer) } else { Err(failed(status)) }
    }

    /// Killed where nobody waits for it any more.
    async fn run(&self, file: &[u8]) -> io::Result<(ExitStatus, Vec<u8>)> {
        let mut command = Command::new(&self.program);
        command.arg("decode-picture").env_clear().current_dir("/").kill_on_drop(true);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let (mut to, from) = child.stdin.take().zip(child.stdout.take()).ok_or(io::ErrorKind::BrokenPipe)?;
        let mut answer = Vec::new();
        let feed = async {
            // One that has seen enough closes its end; its status tells why.
            let _ = to.write_all(file).await;
            drop(to);
        };
        let mut from = from.take(MOST);
        let (read, ()) = tokio::join!(from.read_to_end(&mut answer), feed);
        read?;
        Ok((child.wait().await?, answer))
    }
}

/// What decoded a hostile file is not believed: it is one JPEG, or nothing.
fn received(answer: &[u8]) -> Result<Picture, Undecoded> {
    let odd = || Undecoded::Broken(io::ErrorKind::InvalidData.into());
    let (width, rest) = answer.split_first_chunk::<4>().ok_or_else(odd)?;
    let (height, jpeg) = rest.split_first_chunk::<4>().ok_or_else(odd)?;
    let (width, height) = (u32::from_be_bytes(*width), u32::from_be_bytes(*height));
    let is_jpeg = jpeg.starts_with(&[0xff, 0xd8, 0xff]) && end::check(jpeg, ImageFormat::Jpeg).is_ok();
    if is_jpeg { Ok(Picture { jpeg: jpeg.to_vec(), width, height }) } else { Err(odd()) }
}

fn failed(status: ExitStatus) -> Undecoded {
    let known = |code: i32| FAULTS.iter().find(|it| i32::from(it.0) == code).map(|it| it.1);
    match status.code() {
        Some(PANICKED) => PhotoFault::Damaged.into(),
        Some(code) => known(code).map_or_else(|| io::Error::other(status.to_string()).into(), Undecoded::from),
        // By a signal: at its limits, or by what the file did to it.
        None => {
            tracing::warn!(%status, "the process that decoded a picture was stopped");
            PhotoFault::Costly.into()
        }
    }
}

/// What that process does: limits itself, reads a file, writes the picture in it.
pub fn decode_one() -> ExitCode {
    match limited() {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(fault)) => FAULTS.iter().find(|it| it.1 == fault).map_or(ExitCode::FAILURE, |it| it.0.into()),
        Err(_) => ExitCode::FAILURE,
    }
}

fn limited() -> io::Result<Result<(), PhotoFault>> {
    for (resource, most) in LIMITS {
        let most = getrlimit(resource).maximum.map_or(most, |it| it.min(most));
        setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) })?;
    }
    let mut file = Vec::new();
    io::stdin().lock().take(u64::try_from(BYTES).unwrap_or(u64::MAX).saturating_add(1)).read_to_end(&mut file)?;
    let picture = match picture(&file) {
        Ok(picture) => picture,
        Err(fault) => return Ok(Err(fault)),
    };
    let mut out = io::stdout().lock();
    out.write_all(&picture.width.to_be_bytes())?;
    out.write_all(&picture.height.to_be_bytes())?;
    out.write_all(&picture.jpeg)?;
    out.flush()?;
    Ok(Ok(()))
}
