-- 20_clients.sql - apps that may ask for tokens, and their secrets
-- SPDX-License-Identifier: Apache-2.0

create table wardgate.client (
  client_id   uuid primary key,
  name        text not null,
  purpose     text not null default '',
  contact     text not null default '',
  created_at  timestamptz not null default now(),
  disabled_at timestamptz,
  constraint client_id_usable check (client_id not in (
    '00000000-0000-0000-0000-000000000000',
    'ffffffff-ffff-ffff-ffff-ffffffffffff')),
  constraint client_name_length check (length(name) between 1 and 200),
  constraint client_texts_length check (
    length(purpose) <= 1000 and length(contact) <= 320)
);
comment on table wardgate.client is 'Apps that may ask for tokens';
comment on column wardgate.client.client_id is
  'The OAuth client_id; also `sub` of its tokens';
comment on column wardgate.client.name is 'What people call the app';
comment on column wardgate.client.purpose is 'What it needs the records for';
comment on column wardgate.client.contact is 'Whom to ask about it';
comment on column wardgate.client.disabled_at is
  'Since when it gets no token and its tokens count for nothing; null: it does';

create table wardgate.client_secret (
  key_id         text primary key,
  client_id      uuid not null references wardgate.client,
  label          text not null default '',
  hint           text not null,
  hash           bytea not null,
  pepper_version integer not null,
  not_before     timestamptz not null default now(),
  not_after      timestamptz,
  invalidated_at timestamptz,
  created_at     timestamptz not null default now(),
  constraint client_secret_key_id_form check (key_id ~ '^[a-z2-7]{8}$'),
  constraint client_secret_hash_length check (length(hash) = 32),
  constraint client_secret_hint_length check (length(hint) between 1 and 16),
  constraint client_secret_label_length check (length(label) <= 200),
  constraint client_secret_pepper check (pepper_version > 0),
  constraint client_secret_span check (not_after > not_before)
);
create index client_secret_of_client on wardgate.client_secret (client_id);
create index client_secret_by_end on wardgate.client_secret (not_after)
 where invalidated_at is null;
comment on table wardgate.client_secret is
  'Secrets of clients as keyed hashes; a client may have several that live';
comment on column wardgate.client_secret.key_id is
  'The 8 characters after wg1_ in the secret; not secret';
comment on column wardgate.client_secret.label is 'What its owner calls it';
comment on column wardgate.client_secret.hint is
  'The first characters of the secret, to know it by';
comment on column wardgate.client_secret.hash is
  'HMAC-SHA-256 of the whole secret text under the pepper';
comment on column wardgate.client_secret.pepper_version is
  'Which file in pepper_dir holds the pepper';
comment on column wardgate.client_secret.not_before is 'Works from then on';
comment on column wardgate.client_secret.not_after is
  'Works until then; null: without end';
comment on column wardgate.client_secret.invalidated_at is
  'Ended by hand at that time; null: it was not';
