//! Why something could go out (domain 9.1).

use crate::vocabulary::vocabulary;

vocabulary! {
    /// The basis in law of one disclosure, as a person states it.
    LegalBasis {
        /// The report itself: 42 U.S.C. 671(a)(35)(B), a requirement of the plan under 671(a)(8)(A).
        TitleIvEReport = "title_iv_e_report",
        /// A court ordered it.
        CourtOrder = "court_order",
        /// Whoever may consent did.
        Consent = "consent",
        /// A law of the State; which one is said.
        StateLaw = "state_law",
        /// Another; which one is said.
        Other = "other",
    }
}

/// A basis that is not told apart by its code alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("say which law or basis it is")]
pub struct BasisFault;

impl LegalBasis {
    /// A State's law and any other basis have to be named.
    pub fn check(self, text: Option<&str>) -> Result<(), BasisFault> {
        let named = !matches!(self, Self::StateLaw | Self::Other) || text.is_some();
        named.then_some(()).ok_or(BasisFault)
    }
}
