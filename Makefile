# smime-milter: one Makefile for everything.  Output goes to $(BUILD).
#
#	make                    the daemon and the tool
#	make check              unit tests and checks of the source
#	make bench              measurements
#	make fuzz               the fuzzer; see tests/fuzz/run
#	make lint               only the checks of the source
#	make install            below $(DESTDIR)$(PREFIX)
#	make SANITIZE=address,undefined check    (or thread; use another BUILD)

BUILD ?= build
# V=1 shows each command whole.
ifdef V
SAY = @:
else
QUIET = @
SAY = @echo
endif
PREFIX ?= /usr/local
SBINDIR ?= $(PREFIX)/sbin
BINDIR ?= $(PREFIX)/bin
MANDIR ?= $(PREFIX)/share/man
DOCDIR ?= $(PREFIX)/share/doc/smime-milter
SHAREDIR ?= $(PREFIX)/share/smime-milter
UNITDIR ?= $(PREFIX)/lib/systemd/system
SYSUSERSDIR ?= $(PREFIX)/lib/sysusers.d
TMPFILESDIR ?= $(PREFIX)/lib/tmpfiles.d
# The programs look for their configuration in /etc/smime-milter.
SYSCONFDIR ?= /etc

PKG_CONFIG ?= pkg-config
LIBRARIES = gmime-3.0 gio-2.0 glib-2.0 hiredis libssl libcrypto p11-kit-1
PKG_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(LIBRARIES))
PKG_LIBS := $(shell $(PKG_CONFIG) --libs $(LIBRARIES))
# For smimectl alone.
CTL_CFLAGS := $(shell $(PKG_CONFIG) --cflags json-glib-1.0)
CTL_LIBS := $(shell $(PKG_CONFIG) --libs json-glib-1.0)

CFLAGS ?= -O2 -g
WARNINGS = -Wall -Wextra -Werror -Wformat=2 -Wshadow -Wstrict-prototypes \
	-Wmissing-prototypes -Wvla
HARDEN_CFLAGS = -fstack-protector-strong -fPIE -fno-strict-aliasing
HARDEN_LDFLAGS = -pie -Wl,-z,relro,-z,now,-z,noexecstack
ifdef SANITIZE
HARDEN_CFLAGS += -fsanitize=$(SANITIZE) -fno-omit-frame-pointer \
	-fno-sanitize-recover=all
HARDEN_LDFLAGS += -fsanitize=$(SANITIZE)
else
HARDEN_CFLAGS += -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
endif

ALL_CFLAGS = -std=c17 -D_GNU_SOURCE -MMD -MP $(WARNINGS) $(HARDEN_CFLAGS) \
	$(PKG_CFLAGS) $(CFLAGS)
ALL_LDFLAGS = $(HARDEN_LDFLAGS) $(LDFLAGS)
LIBS = $(PKG_LIBS) -lpthread

SMIME = $(wildcard smime/*.c)
CTL = $(wildcard milter/ctl*.c)
# Those of it that are modules and not commands: they have a header.
CTL_MODULES = $(patsubst %.h,%.c,$(wildcard milter/ctl_*.h))
DAEMON = milter/main.c milter/mta.c
COMMON = $(filter-out $(CTL) $(DAEMON),$(wildcard milter/*.c))
TESTS = $(wildcard tests/*.c tests/*/test_*.c)
TEST_LIBS = $(filter-out tests/mta/milter-client.c tests/mta/echo_milter.c \
	tests/mta/test_%.c,$(wildcard tests/mta/*.c))
HTTP_SERVER = tests/http/http_server.c

objects = $(patsubst %.c,$(BUILD)/%.o,$(1))

all: $(BUILD)/smime-milter $(BUILD)/smimectl

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(SAY) CC $<
	$(QUIET)$(CC) $(ALL_CFLAGS) -c -o $@ $<

# Built anew from nothing, so that a removed module leaves it.
$(BUILD)/libsmime.a: $(call objects,$(SMIME))
	$(SAY) AR $@
	$(QUIET)rm -f $@ && $(AR) rcs $@ $^

$(BUILD)/smime-milter: $(call objects,$(DAEMON) $(COMMON)) $(BUILD)/libsmime.a
	$(SAY) LD $@
	$(QUIET)$(CC) $(ALL_LDFLAGS) -o $@ $^ -lmilter $(LIBS)

$(call objects,milter/ctl_json.c tests/milter/test_ctl_json.c): \
	PKG_CFLAGS += $(CTL_CFLAGS)

$(BUILD)/smimectl: $(call objects,$(CTL) $(COMMON)) $(BUILD)/libsmime.a
	$(SAY) LD $@
	$(QUIET)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(CTL_LIBS) $(LIBS)

# --- tests ----------------------------------------------------------------

$(BUILD)/tests/unit: $(call objects,$(TESTS) $(TEST_LIBS) $(HTTP_SERVER) \
		$(COMMON) $(CTL_MODULES)) $(BUILD)/libsmime.a
	$(SAY) LD $@
	$(QUIET)$(CC) $(ALL_LDFLAGS) -o $@ $^ -lcriterion $(CTL_LIBS) $(LIBS)

$(BUILD)/tests/milter-client: $(call objects,tests/mta/milter-client.c \
		$(TEST_LIBS))
	$(SAY) LD $@
	$(QUIET)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/tests/echo_milter: $(call objects,tests/mta/echo_milter.c)
	$(SAY) LD $@
	$(QUIET)$(CC) $(ALL_LDFLAGS) -o $@ $^ -lmilter $(LIBS)

$(BUILD)/tests/sweep: $(call objects,tests/interop/sweep.c) \
		$(BUILD)/libsmime.a
	$(SAY) LD $@
	$(QUIET)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/tests/http-server: $(call objects,tests/http/http-server.c \
		$(HTTP_SERVER))
	$(SAY) LD $@
	$(QUIET)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/tests/ocsp-answer: $(call objects,tests/http/ocsp-answer.c)
	$(SAY) LD $@
	$(QUIET)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

TEST_PROGRAMS = $(BUILD)/tests/unit $(BUILD)/tests/milter-client \
	$(BUILD)/tests/echo_milter $(BUILD)/tests/http-server \
	$(BUILD)/tests/ocsp-answer $(BUILD)/tests/sweep

tests: $(TEST_PROGRAMS)

unit: all $(TEST_PROGRAMS)
	BUILD=$(BUILD) $(BUILD)/tests/unit --jobs 2

check: lint unit

# --- fuzzing ----------------------------------------------------------------

# In a BUILD of its own, with clang; `make fuzz FUZZ_SANITIZE=` is several times
# as fast and sees less.  tests/fuzz/run builds and runs it.
FUZZ_BUILD ?= build/fuzz
FUZZ_SANITIZE ?= ,address,undefined
FUZZ_WORLD = tests/fuzz/world.c tests/fuzz/input.c tests/fuzz/der.c \
	tests/pki.c
FUZZ_EVIDENCE = tests/fuzz/evidence_world.c tests/fuzz/evidence_input.c \
	tests/fuzz/world.c tests/fuzz/der.c tests/pki.c

# What the tests themselves do leads the fuzzer nowhere.
ifneq ($(findstring fuzzer,$(SANITIZE)),)
$(BUILD)/tests/%.o: ALL_CFLAGS += -fno-sanitize=fuzzer-no-link
endif

# Without libFuzzer: whether they can be compiled.
fuzz-objects: $(call objects,$(wildcard tests/fuzz/*.c))

fuzz:
	$(QUIET)$(MAKE) BUILD=$(FUZZ_BUILD) CC=clang \
	    SANITIZE=fuzzer-no-link$(FUZZ_SANITIZE) \
	    $(FUZZ_BUILD)/fuzz_verify $(FUZZ_BUILD)/make_seeds \
	    $(FUZZ_BUILD)/fuzz_evidence $(FUZZ_BUILD)/make_evidence_seeds

$(BUILD)/fuzz_verify: $(call objects,tests/fuzz/fuzz_verify.c \
		tests/fuzz/mutate.c tests/fuzz/change.c tests/fuzz/target.c \
		$(FUZZ_WORLD) tests/authres_reader.c \
		milter/authres.c) $(BUILD)/libsmime.a
	$(SAY) LD $@
	$(QUIET)$(CC) $(ALL_LDFLAGS) -fsanitize=fuzzer -o $@ $^ $(LIBS)

$(BUILD)/fuzz_evidence: $(call objects,tests/fuzz/fuzz_evidence.c \
		$(wildcard tests/fuzz/ask_*.c) tests/fuzz/mutate_evidence.c \
		tests/fuzz/change.c tests/fuzz/target.c $(FUZZ_EVIDENCE)) \
		$(BUILD)/libsmime.a
	$(SAY) LD $@
	$(QUIET)$(CC) $(ALL_LDFLAGS) -fsanitize=fuzzer -o $@ $^ $(LIBS)

$(BUILD)/make_evidence_seeds: \
		$(call objects,tests/fuzz/make_evidence_seeds.c $(FUZZ_EVIDENCE)) \
		$(BUILD)/libsmime.a
	$(SAY) LD $@
	$(QUIET)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/make_seeds: $(call objects,tests/fuzz/make_seeds.c $(FUZZ_WORLD)) \
		$(BUILD)/libsmime.a
	$(SAY) LD $@
	$(QUIET)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

# --- documents and checks of the source ------------------------------------

GEN_PARAMS = $(BUILD)/gen-params

$(GEN_PARAMS): $(call objects,scripts/gen-params.c $(COMMON)) \
		$(BUILD)/libsmime.a
	$(SAY) LD $@
	$(QUIET)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

# The sample configuration, and manual pages, from tables of the source.
docs: $(GEN_PARAMS)
	scripts/gen-docs $(GEN_PARAMS)

lint: all $(GEN_PARAMS)
	clang-format --dry-run -Werror $(wildcard smime/*.[ch] milter/*.[ch] \
	    tests/*.[ch] tests/*/*.[ch])
	scripts/lint-layers
	scripts/lint-docs $(GEN_PARAMS) $(BUILD)

# --- measurements ----------------------------------------------------------

$(BUILD)/tests/bench/report.o: PKG_CFLAGS += $(CTL_CFLAGS)

$(BUILD)/bench: $(call objects,$(filter-out tests/bench/null_milter.c, \
		$(wildcard tests/bench/*.c)) tests/pki.c tests/redis.c \
		$(TEST_LIBS) $(HTTP_SERVER)) $(BUILD)/libsmime.a
	$(SAY) LD $@
	$(QUIET)$(CC) $(ALL_LDFLAGS) -o $@ $^ -lcriterion $(CTL_LIBS) $(LIBS) \
	    -lm

$(BUILD)/tests/null_milter: $(call objects,tests/bench/null_milter.c)
	$(SAY) LD $@
	$(QUIET)$(CC) $(ALL_LDFLAGS) -o $@ $^ -lmilter $(LIBS)

# Beside the last run, whose place it takes.
bench: all $(BUILD)/bench $(BUILD)/tests/null_milter
	$(BUILD)/bench --against $(BUILD)/bench.json --json $(BUILD)/bench.json

# --- installation ----------------------------------------------------------

INSTALL ?= install
CONFDIR = $(SYSCONFDIR)/smime-milter
MANUALS = man/smime-milter.8 man/smime-milter.conf.5 man/smime-verdict.7 \
	man/smimectl.1
# The words that a notice has by default, to make others from.
NOTICES = conf/notice-signature.txt conf/notice-signature.html \
	conf/notice-seal.txt conf/notice-seal.html
SNIPPETS = conf/postfix-main.cf conf/postfix-master.cf conf/sendmail.mc \
	conf/redis-acl.conf

# An existing configuration is left alone; the sample beside it is new.
install: all
	$(INSTALL) -D -m 0755 $(BUILD)/smime-milter \
	    $(DESTDIR)$(SBINDIR)/smime-milter
	$(INSTALL) -D -m 0755 $(BUILD)/smimectl $(DESTDIR)$(BINDIR)/smimectl
	for page in $(MANUALS); do \
	    $(INSTALL) -D -m 0644 $$page \
		$(DESTDIR)$(MANDIR)/man$${page##*.}/$${page##*/} || exit 1; \
	done
	$(INSTALL) -d $(DESTDIR)$(UNITDIR)
	sed 's|@SBINDIR@|$(SBINDIR)|g' conf/smime-milter.service.in \
	    >$(DESTDIR)$(UNITDIR)/smime-milter.service
	sed 's|@BINDIR@|$(BINDIR)|g' conf/smime-milter-prefetch.service.in \
	    >$(DESTDIR)$(UNITDIR)/smime-milter-prefetch.service
	$(INSTALL) -m 0644 conf/smime-milter-prefetch.timer \
	    $(DESTDIR)$(UNITDIR)
	$(INSTALL) -D -m 0644 conf/sysusers.conf \
	    $(DESTDIR)$(SYSUSERSDIR)/smime-milter.conf
	$(INSTALL) -D -m 0644 conf/tmpfiles.conf \
	    $(DESTDIR)$(TMPFILESDIR)/smime-milter.conf
	$(INSTALL) -d $(DESTDIR)$(DOCDIR)
	$(INSTALL) -m 0644 README.md LICENSE conf/smime-milter.conf $(SNIPPETS) \
	    $(DESTDIR)$(DOCDIR)
	$(INSTALL) -d $(DESTDIR)$(SHAREDIR)
	$(INSTALL) -m 0644 $(NOTICES) $(DESTDIR)$(SHAREDIR)
	$(INSTALL) -d -m 0750 $(DESTDIR)$(CONFDIR) $(DESTDIR)$(CONFDIR)/keys
	test -e $(DESTDIR)$(CONFDIR)/smime-milter.conf || \
	    $(INSTALL) -m 0640 conf/smime-milter.conf $(DESTDIR)$(CONFDIR)

# The configuration and the keys stay.
uninstall:
	rm -f $(DESTDIR)$(SBINDIR)/smime-milter $(DESTDIR)$(BINDIR)/smimectl \
	    $(DESTDIR)$(UNITDIR)/smime-milter.service \
	    $(DESTDIR)$(UNITDIR)/smime-milter-prefetch.service \
	    $(DESTDIR)$(UNITDIR)/smime-milter-prefetch.timer \
	    $(DESTDIR)$(SYSUSERSDIR)/smime-milter.conf \
	    $(DESTDIR)$(TMPFILESDIR)/smime-milter.conf
	for page in $(MANUALS); do \
	    rm -f $(DESTDIR)$(MANDIR)/man$${page##*.}/$${page##*/}; \
	done
	rm -rf $(DESTDIR)$(DOCDIR) $(DESTDIR)$(SHAREDIR)

clean:
	rm -rf $(BUILD)

-include $(wildcard $(BUILD)/smime/*.d $(BUILD)/milter/*.d \
	$(BUILD)/scripts/*.d $(BUILD)/tests/*.d $(BUILD)/tests/*/*.d)

.PHONY: all tests unit check fuzz fuzz-objects docs lint bench install uninstall clean
