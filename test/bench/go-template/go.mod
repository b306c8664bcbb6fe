module kubectl-ark/go-template

go 1.22
