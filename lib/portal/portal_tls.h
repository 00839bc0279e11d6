/* portal_tls.h - certificate of the gateway for a hospital, and CAs of its server
 * SPDX-License-Identifier: Apache-2.0
 *
 * What sql/onboard/tenant.sql takes as certificate, certificate_key and
 * provider_ca. They are looked at first (ext/cert), and the key is sealed as soon
 * as it was pasted (portal/portal_sealed). */
#ifndef PORTAL_PORTAL_TLS_H
#define PORTAL_PORTAL_TLS_H

#include "portal/portal.h"

/* tls_view - list `name` into the view, what the certificates of a PEM text say,
 * and flag NAME_any. Of a text that cannot be read, nothing. */
void tls_view(struct page *p, const char *name, struct str pem);

bool tls_page(struct page *p);

/* tls_own_set - fields `certificate` and `pass_key`. tls_ca_set - field
 * `provider_ca`. */
bool tls_own_set(struct page *p);
bool tls_own_none(struct page *p);
bool tls_ca_set(struct page *p);
bool tls_ca_none(struct page *p);

#endif
