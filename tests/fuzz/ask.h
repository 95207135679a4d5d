/*
 * ask - everything that can be asked of what an input holds, as a text, and
 * what of it is a finding (fuzz_evidence.c).
 *
 * *is_good: it is what somebody may say who may say it; or a whole answer.
 * Caller frees the texts.
 */
#ifndef TESTS_FUZZ_ASK_H
#define TESTS_FUZZ_ASK_H

#include "evidence_input.h"

char *ask_ocsp(const EvidenceInput *input, GBytes *der, bool *is_good);
char *ask_crl(const EvidenceInput *input, GBytes *der, bool *is_good);
char *ask_packed(const EvidenceInput *input, bool *is_good);
char *ask_http(const EvidenceInput *input, bool *is_good);
char *ask_location(const EvidenceInput *input, bool *is_good);
char *ask_reply(const EvidenceInput *input, bool *is_good);

/* Of der, which was found signed: who may have made it? */
const EvidenceItem *ask_who(
    const EvidenceInput *input, EvidenceKind kind, GBytes *der);

#endif
