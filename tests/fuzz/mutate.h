/*
 * mutate - the fuzzer's changes that know what an input is made of: elements
 * of the CMS, with the lengths around them kept right, and header lines.
 *
 * Called by libFuzzer under the names that it knows; they end in its own
 * LLVMFuzzerMutate for a good part of the inputs.
 */
#ifndef TESTS_FUZZ_MUTATE_H
#define TESTS_FUZZ_MUTATE_H

#include <glib.h>

gsize LLVMFuzzerMutate(guint8 *data, gsize size, gsize max_size);
gsize LLVMFuzzerCustomMutator(
    guint8 *data, gsize size, gsize max_size, guint seed);
gsize LLVMFuzzerCustomCrossOver(const guint8 *data1, gsize size1,
    const guint8 *data2, gsize size2, guint8 *out, gsize max_out, guint seed);

#endif
