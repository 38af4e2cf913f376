# The short list of what a person does.
.PHONY: demo demo-employment test check verify bench format server package page clean

demo:            ## run the flights example from nothing and leave the server running
	@bash tools/demo.sh flights
demo-employment: ## the second example: a healthy champion
	@bash tools/demo.sh employment
test:            ## check and all tests; installs what is missing
	@bash tools/test.sh
check:           ## format, storeys, headers, sizes, duplicates: seconds
	@bash tools/check.sh
verify:          ## the long proofs
	@bash tools/verify.sh
bench:           ## ratios against named peers
	@bash tools/bench.sh
format:          ## clang-format on every file
	@git ls-files '*.h' '*.cc' | xargs clang-format-19 -i
server:          ## build the release server
	@bash -c 'source tools/setup.sh && need_packages tools/packages.txt && build_release rondo'
package:         ## build/package/rondo_VERSION_ARCH.deb, with a systemd unit
	@bash tools/package.sh
page:            ## make web/dist anew from web/src
	@bash tools/web.sh build
clean:           ## remove everything that was built
	rm -rf build
