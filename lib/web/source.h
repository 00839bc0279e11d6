/* source.h - the address that a request comes from, behind proxies too
 * SPDX-License-Identifier: Apache-2.0
 *
 * A header field that names the caller is believed only when it was written by
 * a proxy of ours, and only that one field which our proxies write: others may
 * pass on what the caller himself has sent. */
#ifndef WEB_SOURCE_H
#define WEB_SOURCE_H

#include "base/conf.h"
#include "base/enc.h"

/* source_start - reads the settings trusted_proxies and forwarded_field. Once,
 * before threads start. ERR_CONF. */
bool source_start(const struct conf *conf, struct err *e);

/* source_of - who asks, as an address without brackets and port.
 *   peer       who is connected to the web server (REMOTE_ADDR)
 *   x, field   the fields X-Forwarded-For and Forwarded (RFC 7239), or absent
 *   direct     receives: there is no sign of any proxy
 * The list is read from its end, as long as what it names is a proxy of ours;
 * who is not, is the caller. What cannot be read ends it. Borrowed from the
 * arguments. */
struct str source_of(
    struct str peer, struct str x, struct str field, bool *direct);

/* source_key - whom failures are counted for: an IPv4 address, or the /64 that
 * an IPv6 address is in, for that is what one caller has at least. Addresses
 * that cannot be read are all one. */
struct guid source_key(struct str address);

/* source_loopback - is it an address of this machine itself? */
bool source_loopback(struct str address);

#endif
