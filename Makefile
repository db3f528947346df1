# Thin on purpose: every recipe is a script or a cargo command that also runs by itself.
.PHONY: demo test check

# Builds, trains on data/labels.csv, predicts sample articles, compares two reports.
demo:
	@bash tests/demo.sh

# All tests; installs what they need.
test:
	@bash tests/run.sh

# What CI checks before the tests.
check:
	cargo fmt --check
	cargo clippy --locked --all-targets -- -D warnings
	cargo clippy --locked --all-targets --features linfa-classifiers -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps --document-private-items
