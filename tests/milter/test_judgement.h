/*
 * test_judgement - a judged message for the tests of what smimectl verify
 * tells: really signed and really verified, at PKI_NOW, by a PKI of its own.
 *
 * What a test wants otherwise it changes in verdict or judgement.  A Sample
 * belongs to one test.
 */
#ifndef TESTS_MILTER_TEST_JUDGEMENT_H
#define TESTS_MILTER_TEST_JUDGEMENT_H

#include <stdbool.h>

#include <glib.h>

#include "../../milter/ctl_judgement.h"
#include "../pki.h"

/* What the message says, and nobody may repeat. */
#define SAMPLE_SUBJECT "RAHASIA-PERIHAL"
#define SAMPLE_BODY "RAHASIA-ISI"
#define SAMPLE_MAILBOX "budi@daerah.example"

typedef struct {
	Pki *pki;
	Spool *spool;
	MimeMessage *message;
	Verdict *verdict;
	char *sha256;
	CtlJudgement judgement;
} Sample;

/* name: commonName of the signer, NULL: the usual; is_changed: its content,
 * after signing. */
Sample *sample_new(const char *name, bool is_changed);
void sample_free(Sample *sample);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Sample, sample_free)

/* Its one signature. */
VerdictEntry *sample_entry(const Sample *sample);

#endif
