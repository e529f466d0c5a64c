using Osmo.Integration.Tests.Cli.Support;
using Osmo.Testing;
using Xunit;

namespace Osmo.Integration.Tests.Cli;

/// <summary><c>osmo apply</c> of many documents and of folders, before a gateway that answers by a script.</summary>
public sealed class ApplyTests
{
    private const string Backends = """
        type: BACKEND
        name: a
        config: {description: new}
        ---
        type: BACKEND
        name: b
        config: {description: new}
        ---
        type: BACKEND
        name: c
        config: {description: new}
        ---
        type: BACKEND
        name: d
        config: {description: old}
        """;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("{type: BACKEND, name: a, config: {}}", "{type: backend, name: a, config: {}}", "backend/a")]
    [InlineData("{type: WORKFLOW, config: {max_num_tasks: 1}}", "{type: WORKFLOW, config: {max_num_tasks: 2}}", "workflow")]
    [InlineData("{type: POOL, config: {pools: {p: {backend: a}}}}", "{type: POOL, name: p, config: {}}", "pool/p")]
    public async Task Two_documents_about_one_object_are_refused_with_both_places(string one, string other, string label)
    {
        await using var gateway = new ScriptedGateway();
        using var user = new OsmoUser(gateway.Url);
        var first = user.Write("first.yaml", $"---\n{one}\n");
        var second = user.Write("second.yaml", $"# more\n---\n{{type: BACKEND, name: z, config: {{}}}}\n---\n{other}\n");

        var apply = await user.RunAsync("apply", "-f", first, "-f", second);

        Assert.Equal((1, ""), (apply.ExitCode, apply.Out));
        Assert.Equal(
            $"osmo: {second}:5:2: {label} stands in {first}:2:2 already. Make one document of the two.\n", apply.Error);
        Assert.Empty(gateway.Requests);
    }

    [Theory]
    [InlineData(422, 1, "refused", "osmo: no.\nbackend/b was not applied, and 1 document after it was not sent. ")]
    [InlineData(503, 10, "uncertain", "osmo: no.\nIt is not known whether backend/b was applied, and 1 document after it was not sent. ")]
    public async Task A_batch_that_fails_says_of_each_document_what_became_of_it(int status, int exitCode, string outcome, string said)
    {
        await using var gateway = new ScriptedGateway()
            .On("GET /api/configs/backend/", """{"description":"old"}""")
            .On("POST /api/configs/backend/", "null")
            .On("POST /api/configs/backend/b", """{"detail":"no.","code":"Odd"}""", status);
        using var user = new OsmoUser(gateway.Url);

        var apply = await user.RunWithInputAsync(Backends, "apply", "-f", "-");

        Assert.Equal(exitCode, apply.ExitCode);
        Assert.Equal($"backend/a updated\nbackend/b {outcome}\nbackend/c not sent\nbackend/d unchanged\n", apply.Out);
        Assert.StartsWith(said, apply.Error, StringComparison.Ordinal);
        Assert.Equal(["/api/configs/backend/a", "/api/configs/backend/b"], gateway.Changes.Select(change => change.PathAndQuery));
    }

    [Fact]
    public async Task What_a_document_of_a_whole_type_does_not_name_is_not_shown_as_removed()
    {
        await using var gateway = new ScriptedGateway()
            .On("GET /api/configs/pool", """{"pools":{"p":{"backend":"a"},"q":{"backend":"b"}}}""");
        using var user = new OsmoUser(gateway.Url);

        var changed = await user.RunWithInputAsync(
            "---\n{type: POOL, config: {pools: {p: {backend: c}}}}", "apply", "-f", "-", "--dry-run");
        var same = await user.RunWithInputAsync(
            "---\n{type: POOL, config: {pools: {q: {backend: b}}}}", "apply", "-f", "-", "--dry-run");

        Assert.Equal(
            ["-    \"backend\": \"a\"", "+    \"backend\": \"c\""],
            changed.Out.Split('\n').Where(line => line.Length > 1 && line[0] is '-' or '+' && line[1] == ' '));
        Assert.Equal("pool unchanged (--dry-run)\n", same.Out);
    }

    [Fact]
    public async Task A_folder_stands_for_its_files_by_name_and_with_R_for_those_of_its_folders()
    {
        await using var gateway = new ScriptedGateway().On("GET /api/configs/backend/", """{"description":"old"}""");
        using var user = new OsmoUser(gateway.Url);
        using var folder = new ScratchFolder();
        Directory.CreateDirectory(folder.Of("b"));
        Directory.CreateDirectory(folder.Of("odd.yaml"));
        Directory.CreateSymbolicLink(folder.Of("b/circle"), folder.Path);
        foreach (var file in (string[])["z.json", "c.yml", "a.yaml", "b/d.yaml"])
        {
            var name = Path.GetFileNameWithoutExtension(file);
            await File.WriteAllTextAsync(
                folder.Of(file), $$$"""{"type":"BACKEND","name":"{{{name}}}","config":{"description":"old"}}""", Cancel);
        }

        await File.WriteAllTextAsync(folder.Of("README.md"), "# no document", Cancel);

        var flat = await user.RunAsync("apply", "-f", folder.Path);
        Assert.Equal((0, "", "backend/a unchanged\nbackend/c unchanged\nbackend/z unchanged\n"), (flat.ExitCode, flat.Error, flat.Out));
        var deep = await user.RunAsync("apply", "-R", "-f", folder.Path, "--dry-run");
        Assert.Equal(
            string.Concat("adcz".Select(name => $"backend/{name} unchanged (--dry-run)\n")), deep.Out);
    }

    [Fact]
    public async Task A_folder_that_cannot_be_meant_is_told_with_what_to_do()
    {
        using var user = new OsmoUser();
        using var folder = new ScratchFolder();

        var apply = await user.RunAsync("apply", "-f", folder.Path);
        Assert.Equal(
            (1, $"osmo: {folder.Path}: the folder has no file that ends in .yaml, .yml, .json. With -R the folders in it are looked into "
                + "too.\n"),
            (apply.ExitCode, apply.Error));
        var update = await user.RunAsync("config", "update", "BACKEND", "a", "--file", folder.Path);
        Assert.Equal(
            (1, $"osmo: {folder.Path}: this is a folder. Name a file in it; 'osmo apply -f' alone takes folders.\n"),
            (update.ExitCode, update.Error));
    }
}
