//! `.scanhelm.toml`, as commands write and check it; what it says is read in [`scanhelm_runner::project`].

pub(crate) mod init;
mod pipeline;

pub(crate) use scanhelm_runner::project::{FILE_NAME, Project};
