// Package e2e drives the example server with a real browser: passkeys, with a virtual authenticator, and providers as people meet them.
//
// It is a module of its own, so that programs which use the library do not see what drives a browser. It needs Chromium:
//
//	apt-get install chromium
package e2e
