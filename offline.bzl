"""Stand-ins for repositories that Bazel would download although nothing here uses them."""

def _stand_in(context):
    context.file("WORKSPACE", "workspace(name = %r)\n" % context.name)
    for path, content in context.attr.files.items():
        context.file(path, content)

stand_in = repository_rule(
    implementation = _stand_in,
    attrs = {"files": attr.string_dict(doc = "content by path")},
    doc = "A repository of the given files.",
)

def _native_rules(names):
    return "".join(["%s = native.%s\n" % (name, name) for name in names])

def work_offline():
    """Declares what a Python build asks for; call it in WORKSPACE."""
    stand_in(
        name = "rules_cc",
        files = {
            "cc/BUILD": "",
            "cc/defs.bzl": _native_rules([
                "cc_binary",
                "cc_import",
                "cc_library",
                "cc_test",
                "cc_toolchain",
                "cc_toolchain_suite",
            ]),
        },
    )
    stand_in(
        name = "rules_java",
        files = {
            "java/BUILD": "",
            "java/defs.bzl": _native_rules(["java_binary", "java_import", "java_library", "java_runtime", "java_toolchain"]),
        },
    )
    stand_in(
        name = "rules_proto",
        files = {"proto/BUILD": "", "proto/defs.bzl": _native_rules(["proto_lang_toolchain", "proto_library"])},
    )
    stand_in(
        name = "remote_coverage_tools",
        files = {
            "BUILD": """
[
    sh_binary(name = name, srcs = ["missing.sh"], visibility = ["//visibility:public"])
    for name in ["coverage_report_generator", "lcov_merger"]
]
""",
            "missing.sh": "#!/bin/sh\\necho 'coverage needs the real remote_coverage_tools' >&2\\nexit 1\\n",
        },
    )
