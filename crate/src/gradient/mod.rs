//! Vector-Jacobian products: through the article's estimate, and sums of rank-one matrices, of which all others are made.

mod article;
mod outer;

pub use article::article_gradient;
pub use outer::{add_outer, frobenius_product};
