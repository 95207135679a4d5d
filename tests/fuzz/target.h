/*
 * target - what the fuzzer's targets have in common: how a finding is told, and
 * which inputs are judged twice.
 */
#ifndef TESTS_FUZZ_TARGET_H
#define TESTS_FUZZ_TARGET_H

#include <stdbool.h>

#include <glib.h>

/* Says why, and aborts. */
void finding(const char *format, ...) G_GNUC_PRINTF(1, 2) G_GNUC_NORETURN;

/* Is OpenSSL's queue of errors empty? */
void expect_no_errors(const char *after);

/* It costs as much as all the rest: one input in four, always the same. */
bool is_judged_twice(const guint8 *data, gsize size);

#endif
