TARGET := $(or $(CARGO_TARGET_DIR),target)

# One set of features for every build, so that nothing is compiled twice.
BUILD := cargo build --locked --workspace --all-targets

ifeq ($(shell cargo nextest --version >/dev/null 2>&1 && echo yes),yes)
TESTS := cargo nextest run --workspace --exclude homeward-simulation --locked
else
TESTS := cargo test --workspace --exclude homeward-simulation --locked --all-targets
endif

.DEFAULT_GOAL := help
.PHONY: help run test ci check build openapi bench trail nonces kills races stops disk-full simulate simulate-nightly year schemathesis silence traceability sign-in-times deps engine lateness oidc soak upgrade clocks licences secrets sbom

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: deps ## build and start everything, with a demo agency
	cargo build --locked --profile perf -p homeward-server --bin homeward
	@exec $(TARGET)/perf/homeward run

test: build ## every test, against a database of its own unless DATABASE_URL is set
	cargo test --doc --workspace --locked
	@if [ -n "$${DATABASE_URL:-}" ]; then \
		HOMEWARD_UNGUARDED=accepted exec $(TESTS); \
	else \
		exec $(TARGET)/debug/homeward with-postgres --volatile -- $(TESTS); \
	fi

ci: ## what continuous integration runs
	.ci/run

check: deps ## formatting, lints and documentation
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps --workspace

build: deps ## the program and its tests
	$(BUILD)

openapi: build ## rewrite openapi/homeward.json
	@mkdir -p openapi
	$(TARGET)/debug/homeward openapi > $(TARGET)/openapi.json
	@mv $(TARGET)/openapi.json openapi/homeward.json

bench: deps ## measure against the limit of the database
	tests/bench/run

trail: deps ## link, export and verify a million generated entries and looks (ROWS=1000000)
	tests/bench/trail

# A part of the tests, with a length or a right that the whole of them does not have.
PART := $(TARGET)/debug/homeward with-postgres --volatile -- cargo nextest run -p homeward-tests --locked --no-capture

nonces: build ## seal 10 million values and look for a nonce that returns
	NONCES=$${NONCES:-10000000} cargo test --locked --workspace --exclude homeward-tests --exclude homeward-simulation --lib seal::tests::en_02

kills: build ## kill workers while they deliver and while they send (KILLS=1000)
	KILLS=$${KILLS:-1000} $(PART) -E 'test(loss::workers) + test(loss::messages)'

stops: build ## stop and kill servers and workers under load (STOPS=1000)
	STOPS=$${STOPS:-1000} $(PART) -E 'test(stops::)'

races: build ## the races between many clients, and crashes in the middle of a create (RACES=1000)
	RACES=$${RACES:-1000} $(PART) -E 'test(once::) + test(cc_02)'

engine: build ## the same histories through the store and through the model of it (HISTORIES=1000, or SEED=17)
	HISTORIES=$${HISTORIES:-1000} $(PART) -E 'test(engine::)'

disk-full: build ## fill the disk under the database; takes root
	$(PART) -E 'test(loss::disk)'

# Compiled so that a month takes milliseconds. It depends on the domain alone.
MONTHS := cargo test --locked --profile simulate -p homeward-simulation --test simulation --

simulate: deps ## live through months of reminders with every fault (SEEDS=10000, or SEED=123 for one again)
	SEEDS=$${SEEDS:-10000} $(MONTHS) --nocapture --test-threads 1 months::

simulate-nightly: deps ## the same a hundred times, from where the other ended (FIRST=10000)
	FIRST=$${FIRST:-10000} SEEDS=$${SEEDS:-1000000} $(MONTHS) --nocapture months::no_month

year: deps ## hold a year of an agency against the oracle (CHILDREN=50000)
	CHILDREN=$${CHILDREN:-50000} $(MONTHS) --nocapture year::

schemathesis: deps ## try the API with generated requests (SCHEMATHESIS_SECONDS=300)
	scripts/schemathesis

silence: build ## let the reminders die in twenty ways, and measure when somebody is told (about 20 minutes)
	@exec $(TARGET)/debug/homeward with-postgres --volatile -- env HOMEWARD=$(TARGET)/debug/homeward scripts/silence

licences: ## hold what is linked against deny.toml, and look for known holes where the list of them can be had
	@scripts/licences

secrets: ## look for secrets in what is committed
	@scripts/secrets

sbom: deps ## write the list of what is linked, as CycloneDX, to target/homeward.cdx.json
	@scripts/sbom > $(TARGET)/homeward.cdx.json && echo $(TARGET)/homeward.cdx.json

traceability: ## which checks have a test that bears their id, and which have none
	@scripts/traceability

sign-in-times: build ## how well the time of an answer tells whose sign-in fails (SIGN_INS=2000)
	@exec $(TARGET)/debug/homeward with-postgres -- env HOMEWARD=$(TARGET)/debug/homeward scripts/sign-in-times

lateness: build ## how late a reminder is, in steady state and after each of nine faults (about 20 minutes)
	@HOMEWARD=$(TARGET)/debug/homeward scripts/lateness

clocks: build ## move the clocks of a worker and of the database by a second, an hour and a day (about 8 minutes)
	@HOMEWARD=$(TARGET)/debug/homeward scripts/clocks

soak: deps ## whether memory and files stay where they are under load (MINUTES=120)
	cargo build --locked --profile perf -p homeward-server --bin homeward
	@exec $(TARGET)/perf/homeward with-postgres --volatile -- env HOMEWARD=$(TARGET)/perf/homeward scripts/soak

# The version before the newest migration.
FROM ?= $(shell git log -1 --diff-filter=A --format=%H^ -- 'migrations/*/up.sql')

upgrade: build ## whether the version before serves beside this one, and alone after the migration (FROM=COMMIT or OLD=PROGRAM)
	@if [ -z "$(OLD)" ]; then \
		mkdir -p $(TARGET)/upgrade && git worktree prune && \
		git worktree add --force --detach $(TARGET)/upgrade/source $(FROM) && \
		cargo build --locked --manifest-path $(TARGET)/upgrade/source/Cargo.toml --target-dir $(TARGET)/upgrade/target \
			-p homeward-server --bin homeward && \
		cp $(TARGET)/upgrade/target/debug/homeward $(TARGET)/upgrade/homeward && \
		git worktree remove --force $(TARGET)/upgrade/source && rm -rf $(TARGET)/upgrade/target; \
	fi
	@exec $(TARGET)/debug/homeward with-postgres --volatile -- \
		env OLD=$(or $(OLD),$(TARGET)/upgrade/homeward) NEW=$(TARGET)/debug/homeward scripts/upgrade

oidc: build ## sign in at a certified provider from npm, and hold its tokens against the program (takes node)
	@exec $(TARGET)/debug/homeward with-postgres -- env HOMEWARD=$(TARGET)/debug/homeward scripts/oidc

deps:
	@scripts/install-deps
