// No Go code: this file keeps node_modules out of the library's packages, and the scripts out of its module.
module github.com/crafteasy/auth/internal/tools/peers

go 1.26
