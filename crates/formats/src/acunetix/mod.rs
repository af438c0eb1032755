//! Acunetix: the XML that people export, and the results of one run as the connector fetches them from the API.
//!
//! Decisions a reader of findings should know:
//! - **Asset**: the scanned target's address, down to the path. Findings on other hosts that the scan may follow to
//!   belong to the target too, because the target is what the next scan covers.
//! - **Weakness**: the API names its kind by a UUID (`vt_id`); the XML has only the kind's name. So the two agree in one
//!   finding only where both name the same CVEs.
//! - **Location**: the affected page and the affected input. Details and requests change with every scan and are
//!   evidence only.
//! - **Marked at the vendor** as false positive, ignored or fixed: the finding stays, with the mark in its evidence. A
//!   verdict is given in Scanhelm, and a fix is proven by a later run.
//! - **Times** of the XML are in the server's locale without a zone (`28/04/2020, 14:29:33`, `20-9-2016, 22:01`) and are
//!   not taken.

mod issue;
mod item;
mod run;
mod vulnerability;
mod xml;

pub(crate) use run::FORMAT as RUN;
pub(crate) use xml::FORMAT as XML;

const SCANNER: &str = "acunetix";
