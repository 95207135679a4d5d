/*
 * version - the one place where the version stands.
 */
#ifndef MILTER_VERSION_H
#define MILTER_VERSION_H

#define SMIME_MILTER_VERSION "0.1.0"

#endif
