//! `pedl completion`: scripts that make shells complete `pedl`'s words.

use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::args::Args;
use crate::error::Error;
use crate::output;

/// Where each shell looks for its script.
pub const AFTER_HELP: &str = "\
Examples:
  source <(pedl completion bash)                                # this shell
  pedl completion bash > ~/.local/share/bash-completion/completions/pedl
  pedl completion zsh > ~/.zfunc/_pedl                          # a folder of $fpath
  pedl completion fish > ~/.config/fish/completions/pedl.fish";

/// Prints the script for a shell.
pub fn print_script(shell: Shell) -> Result<(), Error> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "pedl", &mut script);
    output::print(&String::from_utf8_lossy(&script))
}
