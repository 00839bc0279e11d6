/* fetch_run_inner.h - what a transfer hands to libcurl
 * SPDX-License-Identifier: Apache-2.0
 *
 * Callbacks as libcurl declares them; ctx is the struct fetch_run. Each counts
 * against the job's limits, and cuts the transfer off when one is passed. */
#ifndef EXT_FETCH_RUN_INNER_H
#define EXT_FETCH_RUN_INNER_H

#include <curl/curl.h>

#include "ext/fetch_run.h"

/* fetch_on_header - one header line (CURLOPT_HEADERFUNCTION).
 * fetch_on_body - decoded bytes (CURLOPT_WRITEFUNCTION).
 * fetch_on_open - a socket, only to a pinned address that the guard allows
 * (CURLOPT_OPENSOCKETFUNCTION). */
size_t fetch_on_header(char *at, size_t one, size_t n, void *ctx);
size_t fetch_on_body(char *at, size_t one, size_t n, void *ctx);
curl_socket_t fetch_on_open(
    void *ctx, curlsocktype purpose, struct curl_sockaddr *to);

#endif
