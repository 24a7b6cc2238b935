package testutil

import "syscall"

// attributes makes a process run as user, where one is given, and end with this one.
func attributes(user *account) *syscall.SysProcAttr {
	a := &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if user != nil {
		a.Credential = &syscall.Credential{Uid: user.uid, Gid: user.gid}
		a.Pdeathsig = syscall.SIGQUIT // PostgreSQL ends its own children on this one
	}
	return a
}
