/* sip.h - a keyed hash for tables that strangers choose the keys of
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_SIP_H
#define BASE_SIP_H

#include <stddef.h>
#include <stdint.h>

/* sip - SipHash-2-4 of n bytes under a key of two numbers. Who does not know
 * the key cannot choose bytes that meet others in a table.
 * Source: Aumasson and Bernstein, SipHash, 2012; its appendix has the test
 * vectors. */
uint64_t sip(const uint64_t key[2], const void *bytes, size_t n);

/* sip_here - the same under a key that the kernel drew for this process: good
 * for tables that live no longer. */
uint64_t sip_here(const void *bytes, size_t n);

#endif
