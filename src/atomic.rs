//! All or nothing: a file appears complete under its name, or the old one stays.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// Lets `fill` write to a temporary file in the same folder, syncs it, renames it to `path` and syncs the folder.
///
/// # Errors
/// Whatever `fill` or the system says; the temporary file is removed and `path` is as it was.
pub fn write<T>(
    path: &Path,
    fill: impl FnOnce(&mut BufWriter<&mut File>) -> io::Result<T>,
) -> io::Result<T> {
    let folder = folder_of(path);
    if path.is_dir() {
        return Err(io::Error::new(
            io::ErrorKind::IsADirectory,
            "is a folder, not a file",
        ));
    }
    let mut temporary = temporary_in(folder)?;
    let mut buffered = BufWriter::with_capacity(1 << 20, temporary.as_file_mut());
    let result = fill(&mut buffered)?;
    buffered.flush()?;
    drop(buffered);
    temporary.as_file().sync_all()?;
    temporary.persist(path).map_err(|error| error.error)?;
    sync_folder(path)?;
    Ok(result)
}

/// Waits until the name of `path` is on disk.
pub(crate) fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(folder_of(path))?.sync_all()
}

fn folder_of(path: &Path) -> &Path {
    path.parent()
        .filter(|p| !p.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

/// The files are for others to read: 0666 less the umask, as for any new file, not the 0600 of temporary files.
fn temporary_in(folder: &Path) -> io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".toolkit-").suffix(".tmp");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(folder)
}
