// Package store says what a back end is: one value with a view for every interface that this library stores things through.
//
// Most programs take one as it is: package memstore (the default), redisstore or mongostore. To write another, implement [Store] and
// run package storetest against it.
package store
