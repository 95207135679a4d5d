/*
 * ctl_json - a judgement as one JSON object (RFC 8259), for programs.
 *
 * The keys are described in smimectl(1): add, don't rename.  Strings are those
 * of certificates and header fields, whole, except that what is not UTF-8 in
 * them becomes U+FFFD.  The text itself is printable: what could act on a
 * terminal is written as an escape of JSON.
 *
 * Pure functions.
 */
#ifndef MILTER_CTL_JSON_H
#define MILTER_CTL_JSON_H

#include "ctl_judgement.h"
#include "ctl_words.h"

/* With a line end; caller frees. */
char *ctl_json(const CtlJudgement *judgement, CtlLanguage language);

#endif
