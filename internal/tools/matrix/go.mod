// Runs the contract of stores and writes its table into the README.
module github.com/crafteasy/auth/internal/tools/matrix

go 1.26
