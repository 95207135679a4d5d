/*
 * ctl_explain - a judgement explained to people: what came out and what to do
 * for a help desk, then the details for experts.
 *
 * Every text of others stands on lines that begin with our own: it is made
 * printable, cut, and folded, so that it can neither act on a terminal nor pass
 * for a line of ours.
 *
 * Pure functions.
 */
#ifndef MILTER_CTL_EXPLAIN_H
#define MILTER_CTL_EXPLAIN_H

#include "ctl_judgement.h"
#include "ctl_words.h"

#define CTL_EXPLAIN_WIDTH 78 /* columns of a line */
#define CTL_EXPLAIN_MAX 800  /* characters of a text of others */

/* Lines, without the field itself; caller frees. */
char *ctl_explain(const CtlJudgement *judgement, CtlLanguage language);

#endif
