//! Where an act came from: told by the request, or by the operator's command, and carried by the scope.

/// Where an act came from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// The client's address; empty where there is no client.
    pub address: String,
    /// The browser or program, as it named itself; at most 200 characters.
    pub agent: String,
    /// The request's id, as in the log and in problem documents.
    pub request: String,
    /// The operator's command and who ran it, where it was no request.
    pub operator: Option<String>,
}

impl Origin {
    /// A command that an operator runs on the server's machine, such as `admin setup-token`.
    #[must_use]
    pub fn command(command: &str) -> Self {
        let user =
            std::env::var("SUDO_USER").or_else(|_| std::env::var("USER")).unwrap_or_default();
        let operator = if user.is_empty() {
            format!("gezhi {command}")
        } else {
            format!("gezhi {command} ({user})")
        };
        Self { operator: Some(operator), ..Self::default() }
    }
}
