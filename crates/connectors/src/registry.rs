//! The catalogue: one line a vendor.
