use std::fs;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::error::ClusterError;
use super::{file_error, programs};

/// Whom the server runs as. It refuses root, so root lends it another account.
#[derive(Clone, Copy, Debug)]
pub(super) struct Account {
    uid: u32,
    gid: u32,
    lent: bool,
}

impl Account {
    pub(super) fn choose() -> Result<Self, ClusterError> {
        let uid = id(&["-u"])?.ok_or(ClusterError::NoAccount)?;
        let gid = id(&["-g"])?.ok_or(ClusterError::NoAccount)?;
        if uid != 0 {
            return Ok(Self { uid, gid, lent: false });
        }
        for name in ["postgres", "nobody"] {
            if let (Some(uid), Some(gid)) = (id(&["-u", name])?, id(&["-g", name])?) {
                return Ok(Self { uid, gid, lent: true });
            }
        }
        Err(ClusterError::NoAccount)
    }

    /// The account that can use this data: root follows whoever owns it already.
    pub(super) fn for_data(self, data: &Path) -> Result<Self, ClusterError> {
        let Ok(owner) = fs::symlink_metadata(data) else { return Ok(self) };
        if owner.uid() == self.uid {
            return Ok(self);
        }
        if self.lent && owner.uid() != 0 {
            return Ok(Self { uid: owner.uid(), gid: owner.gid(), lent: true });
        }
        Err(ClusterError::ForeignData { path: data.to_owned(), owner: owner.uid(), ours: self.uid })
    }

    pub(super) fn uid(&self) -> u32 {
        self.uid
    }

    pub(super) fn is_lent(&self) -> bool {
        self.lent
    }

    pub(super) fn give(&self, path: &Path) -> Result<(), ClusterError> {
        if !self.lent {
            return Ok(());
        }
        std::os::unix::fs::lchown(path, Some(self.uid), Some(self.gid)).map_err(file_error(path))
    }

    pub(super) fn can_enter(&self, dir: &Path) -> bool {
        let mut probe = self.command(Path::new("/bin/sh"));
        probe.args(["-c", "cd -- \"$1\"", "sh"]).arg(dir);
        programs::run(probe).is_ok()
    }

    pub(super) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        // The environment may hold secrets, and PG* variables that would redirect the tools.
        command.env_clear().env("PATH", "/usr/bin:/bin").env("LC_ALL", "C.UTF-8").current_dir("/");
        if self.lent {
            // `uid` drops root's supplementary groups too.
            command.gid(self.gid).uid(self.uid);
        }
        command
    }

    /// The same, for a process that must not outlive the thread that starts it.
    pub(super) fn bound_command(&self, program: &Path) -> Command {
        let setpriv: Option<PathBuf> =
            ["/usr/bin/setpriv", "/bin/setpriv"].map(PathBuf::from).into_iter().find(|path| path.exists());
        let Some(setpriv) = setpriv else { return self.command(program) };
        let mut command = self.command(&setpriv);
        command.args(["--pdeathsig", "INT", "--"]).arg(program);
        command
    }
}

fn id(args: &[&str]) -> Result<Option<u32>, ClusterError> {
    let output = Command::new("id")
        .args(args)
        .output()
        .map_err(|source| ClusterError::NotStarted { program: "id".into(), source })?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().parse().ok())
}
