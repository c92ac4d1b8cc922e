# Everything a person or CI does with this tree. Each target makes its own set-up; none needs root, except that
# packaging/set-up installs missing Debian packages.
#
# FLAGS is passed to every Swift build; .ci/run uses it to make warnings errors.

SHELL := /bin/bash
export SWIFT_BACKTRACE = enable=no

PROGRAMS := .build-programs
# Tests mostly wait: so one file more than there are processors at a time, and the tests of a file in their order.
PYTEST := .venv/bin/pytest -n $(shell expr $$(nproc) + 1) --dist loadfile
CXX_LIBRARY := $(CURDIR)/$(PROGRAMS)/libstdc++
export ACCORDD := $(CURDIR)/$(PROGRAMS)/release/accordd
export ACCORD := $(CURDIR)/$(PROGRAMS)/release/accord

# The programs carry Swift's library, libstdc++ and libgcc inside, so that they need nothing that a plain Debian does
# not have. --static-swift-stdlib leaves the last two out, and -static-libstdc++ does nothing because swiftc names
# the library itself: so the linker is shown a folder where only the static one is. They have a build folder of
# their own because tests do not link this way. "now" and "relro" make the symbol tables read-only at start. Swift
# exports every symbol of a static program, which keeps code that nobody calls: 0.2 MB of accordd. No library lies
# beside them, so they look for none there. lld packs the addresses that are set at start (RELR, glibc 2.36 and newer),
# which takes 1.0 MB from accord and 0.5 MB from accordd; gold cannot. It also keeps one of functions that are the same
# byte for byte (0.3 and 0.2 MB), and leaves out the tables for unwinding (packaging/without-unwind-tables.ld).
#
# The last three make the bytes the same whichever folder they are built in: paths in the debug information count from
# the tree, it does not point into the compiler's cache of C modules, whose names depend on the folder, and there is no
# checksum of the way each module was compiled (.swift_modhash, for builds that compile only what changed).
PROGRAM_FLAGS := -c release --static-swift-stdlib --disable-local-rpath --scratch-path $(PROGRAMS) \
	-Xlinker -L$(CXX_LIBRARY) -Xlinker --as-needed -Xswiftc -Xclang-linker -Xswiftc -static-libgcc \
	-Xlinker -z -Xlinker now -Xlinker -z -Xlinker relro -Xlinker --no-export-dynamic \
	-Xswiftc -use-ld=lld -Xlinker -z -Xlinker pack-relative-relocs -Xlinker --icf=all \
	-Xlinker --no-eh-frame-hdr -Xlinker -T -Xlinker packaging/without-unwind-tables.ld \
	-Xswiftc -file-prefix-map -Xswiftc "$(CURDIR)=." -Xswiftc -Xfrontend -Xswiftc -no-clang-module-breadcrumbs \
	-Xswiftc -Xfrontend -Xswiftc -disable-incremental-llvm-codegen

.PHONY: help set-up build build-tests build-benchmarks build-fuzz test test-packaging test-install test-hostile-agent \
	test-reproducible deb fuzz bench bench-quick demo readme figures format clean

help:
	@echo 'make demo      build, then show the whole way of a sample on this machine; nothing leaves it'
	@echo 'make test      build, then run every test'
	@echo 'make build     the two programs, in $(PROGRAMS)/release'
	@echo 'make deb       the Debian packages and what goes with them, in dist; a minute after the build'
	@echo 'make test-packaging   make deb, then see what is in it, pack again, and ask lintian and piuparts; two minutes'
	@echo 'make test-install     make deb, then install and use it in a booted Debian 12 and 13; as root, five minutes'
	@echo 'make test-hostile-agent   root and the user accord gone bad, in boxes of their own; as root, ten minutes and more'
	@echo 'make test-reproducible   make deb, then build it again in another folder and compare the bytes; four minutes'
	@echo 'make fuzz      give the readers of the agreement random files, SECONDS=60; what crashes them is kept and shown'
	@echo 'make readme    write the table of signals in README.md anew'
	@echo 'make bench     measure every budget; takes 21 minutes. make bench-quick: five, rougher'
	@echo 'make figures   the same, into the table of README.md'
	@echo 'make set-up    Debian packages and the Python environment that the above need'
	@echo 'make format    format the Swift sources'
	@echo 'make clean     remove everything that was built'

set-up:
	@packaging/set-up

build: set-up
	@mkdir -p $(CXX_LIBRARY)
	@ln -sf "$$(gcc -print-file-name=libstdc++.a)" $(CXX_LIBRARY)/
	swift build $(PROGRAM_FLAGS) $(FLAGS) --product accordd
	swift build $(PROGRAM_FLAGS) $(FLAGS) --product accord

build-tests: set-up
	swift build --build-tests $(FLAGS)

# The Swift suites take four minutes, and have no limit of their own if one of them hangs.
test: build build-benchmarks build-tests build-fuzz
	timeout --foreground 1800 swift test --skip-build $(FLAGS)
	$(PYTEST) Tests

# SwiftPM's flag alone would link libFuzzer and not tell it which way the program takes.
build-fuzz: set-up
	swift build --package-path Tests/Fuzz --scratch-path .build-fuzz -c release --sanitize=fuzzer \
	  -Xswiftc -sanitize=fuzzer $(FLAGS)

# What it finds goes into .build-fuzz/found and makes the next run longer; the corpus in git is only read.
fuzz: build-fuzz
	@mkdir -p .build-fuzz/found .build-fuzz/crashes
	.build-fuzz/release/fuzz -max_total_time=$(or $(SECONDS),60) -max_len=4096 -timeout=10 -print_final_stats=1 \
	  -dict=Tests/Fuzz/words.dict -artifact_prefix=.build-fuzz/crashes/ .build-fuzz/found Tests/Fuzz/corpus etc/examples

deb: build
	@packaging/set-up --for-packaging
	packaging/build-deb

test-packaging: deb
	ACCORD_PACKAGES=dist $(PYTEST) Tests/PackagingTests

# As root. The first time also two minutes for the root file systems, which are kept in .build-boxes.
test-install: deb
	@packaging/set-up --for-install-tests
	Tests/InstallTests/run dist/accord_*_"$$(dpkg --print-architecture)".deb

test-hostile-agent: deb
	@packaging/set-up --for-install-tests
	ACCORD_PACKAGE="$$(ls dist/accord_*_"$$(dpkg --print-architecture)".deb)" \
	  .venv/bin/pytest Tests/InstallTests/test_hostile_agent.py

test-reproducible: deb
	packaging/check-reproducible

build-benchmarks: build
	swift build $(PROGRAM_FLAGS) $(FLAGS) --product benchmark-program

# ONLY=size measures one group; FORM=--markdown prints the table of the README, FORM=--json one object a line.
bench bench-quick: build-benchmarks
	@.venv/bin/python Tests/Benchmarks/bench.py $(patsubst bench-quick,--quick,$(filter bench-quick,$@)) \
	  $(addprefix --only ,$(ONLY)) $(FORM)

demo: build
	@Tests/Demo/run

readme: build
	$(ACCORD) catalog --markdown >$(PROGRAMS)/catalog.md
	sed -i -e '/^<!-- catalog/,/^<!-- end/{//!d}' -e '/^<!-- catalog/r $(PROGRAMS)/catalog.md' README.md

# The exit code says that a budget was missed, which the table says as well.
figures: build-benchmarks
	.venv/bin/python Tests/Benchmarks/bench.py --markdown >$(PROGRAMS)/figures.md || test -s $(PROGRAMS)/figures.md
	sed -i -e '/^<!-- figures/,/^<!-- end figures/{//!d}' -e '/^<!-- figures/r $(PROGRAMS)/figures.md' README.md

format:
	swift format -i -r Sources Tests Package.swift

clean:
	rm -rf .build .build-fuzz .build-boxes $(PROGRAMS)
