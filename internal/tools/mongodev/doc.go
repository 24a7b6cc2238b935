// Command mongodev serves the MongoDB wire protocol on loopback for tests and demos: FerretDB, embedded, on a SQLite
// directory or a PostgreSQL database.
//
// Two things differ from FerretDB's own command, and both are the reason for this one:
//
//   - FerretDB's command does not start when it is built from its module, which lacks a generated version file. The
//     embeddable package does not need that file.
//   - FerretDB runs findAndModify, update and upsert as "query, then write" with no lock in between, so that several
//     callers can win what MongoDB gives to exactly one. A proxy in front of it runs one write command at a time,
//     which restores MongoDB's promise for a single document.
//
// It is an emulation: a test that passes here proves that a store sends single commands which are atomic on MongoDB.
// It does not prove MongoDB. TTL indexes, transactions, replica sets and users are absent. Point no two of these
// processes at one PostgreSQL database: each holds a lock of its own.
package main
