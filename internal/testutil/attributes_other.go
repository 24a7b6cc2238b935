//go:build !linux

package testutil

import "syscall"

// attributes has nothing to offer here: a server outlives a test binary that is killed.
func attributes(*account) *syscall.SysProcAttr { return &syscall.SysProcAttr{} }
