using Osmo.Integration.Tests.Cli.Support;
using Xunit;

namespace Osmo.Integration.Tests.Cli;

/// <summary>What only a person at a terminal sees: the editor, the question, narrow windows, colour, completion.</summary>
public sealed class TerminalTests
{
    private const string Backend = """{"name":"b","description":"old","grafana_url":""}""";

    [Theory]
    [InlineData("y\n", 0, 1)]
    [InlineData("n\n", 1, 0)]
    public async Task The_editors_change_is_shown_and_sent_when_somebody_agrees(string answer, int exitCode, int sent)
    {
        await using var gateway = new ScriptedGateway().On("GET /api/configs/backend/b", Backend).On("POST /api/configs/backend/b", "null");
        using var user = new OsmoUser(gateway.Url) { ["EDITOR"] = "sed -i s/old/new/" };

        var update = await user.RunOnTerminalAsync(120, answer, "config", "update", "BACKEND", "b");

        Assert.Equal(exitCode, update.ExitCode);
        Assert.Contains("\u001b[31m-  \"description\": \"old\"", update.Out, StringComparison.Ordinal);
        Assert.Contains("\u001b[32m+  \"description\": \"new\"", update.Out, StringComparison.Ordinal);
        Assert.Contains("Send this change? [Y/n]", update.Out, StringComparison.Ordinal);
        Assert.Equal(sent, gateway.Changes.Count);
        if (sent == 1)
        {
            Assert.Equal("""{"configs":{"description":"new"}}""", gateway.Changes[0].Body);
        }
    }

    [Theory]
    [InlineData("true", "No changes were made to the config.", 0)]
    [InlineData("sed -i 1d", "Your change is kept in /", 1)]
    [InlineData("sed -i s/description/descripton/", "did you mean \"description\"?", 1)]
    [InlineData("false", "The editor ended with exit code 1; nothing was sent.", 1)]
    public async Task An_editor_that_changes_nothing_or_spoils_the_document_sends_nothing(string editor, string message, int exitCode)
    {
        await using var gateway = new ScriptedGateway().On("GET /api/configs/backend/b", Backend);
        using var user = new OsmoUser(gateway.Url) { ["EDITOR"] = editor, ["NO_COLOR"] = "1" };

        var update = await user.RunOnTerminalAsync(200, "", "config", "update", "BACKEND", "b");

        Assert.Contains(message, update.Out, StringComparison.Ordinal);
        Assert.Equal(exitCode, update.ExitCode);
        Assert.Empty(gateway.Changes);
        Assert.DoesNotContain("\u001b[3", update.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task After_a_change_of_rules_the_labels_are_followed_until_all_are_right(bool agent)
    {
        var wrong = new Queue<int>([2_000, 1_588, 3, 0]);
        await using var gateway = new ScriptedGateway()
            .On("GET /api/configs/backend/b", """{"node_conditions":{"ignore_node_conditions":[]}}""")
            .On("POST /api/configs/backend/b", "null")
            .On("GET /api/backends/b", _ => (200, $$"""
                {"label_updates":true,"agent_synced":{{(agent ? "true" : "false")}},"labels_wrong":{{wrong.Dequeue()}}}
                """));
        using var user = new OsmoUser(gateway.Url);
        var file = user.Write("rules.yaml", "node_conditions: {ignore_node_conditions: [x]}");

        var update = await user.RunOnTerminalAsync(80, "", "config", "update", "BACKEND", "b", "-f", file);

        Assert.Equal(0, update.ExitCode);
        Assert.Contains("Successfully updated BACKEND config\r\n", update.Out, StringComparison.Ordinal);
        Assert.EndsWith(
            agent
                ? "0 of 2,000 labels updated\r412 of 2,000 labels updated\r1,997 of 2,000 labels updated\r2,000 of 2,000 labels updated\r\n"
                : "The agent is not connected: labels follow when it is.\r\n",
            update.Out,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_terminal_there_is_no_editor()
    {
        await using var gateway = new ScriptedGateway().On("GET /api/configs/backend/b", Backend);
        using var user = new OsmoUser(gateway.Url);

        var update = await user.RunAsync("config", "update", "BACKEND", "b");

        Assert.Equal(2, update.ExitCode);
        Assert.Contains("--file FILE", update.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Forty_columns_are_enough()
    {
        await using var gateway = new ScriptedGateway()
            .On("GET /api/configs/history", """
                {"configs":[{"config_type":"BACKEND","name":"isaac","revision":4,"username":"admin","created_at":"2026-11-21T18:37:31",
                "description":"a description that is much longer than any such terminal is wide","tags":[]}]}
                """)
            .On("GET /api/backends", """{"backends":[{"name":"isaac","online":true,"nodes":2000,"available":1999}]}""");
        using var user = new OsmoUser(gateway.Url) { ["NO_COLOR"] = "1" };

        foreach (var args in (string[][])[["config", "history"], ["config", "list"], ["backend", "list"], ["config", "update", "--help"]])
        {
            var shown = await user.RunOnTerminalAsync(40, "", args);
            Assert.Equal(0, shown.ExitCode);
            Assert.All(
                shown.Out.Replace("\u001b[?1h\u001b=", "", StringComparison.Ordinal).Split("\r\n"),
                line => Assert.True(line.Length <= 40, $"{string.Join(' ', args)}: {line}"));
        }
    }

    [Fact]
    public async Task Help_has_examples_and_exit_codes_for_every_command()
    {
        string[] commands = ["login", "logout", "config update", "config show", "apply", "token set", "node list", "explain node"];
        foreach (var command in commands)
        {
            var help = await OsmoProcess.RunAsync([.. command.Split(' '), "--help"]);
            Assert.Equal(0, help.ExitCode);
            Assert.Contains($"Examples:\n  ", help.Out, StringComparison.Ordinal);
            Assert.Contains("  75  too many requests", help.Out, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("osmo conf", "config")]
    [InlineData("osmo config show WORK", "WORKFLOW")]
    [InlineData("osmo node list --unav", "--unavailable")]
    public async Task Bash_completes_commands_options_and_types(string line, string completion)
    {
        var script = await OsmoProcess.RunAsync("completion", "bash");
        var words = string.Join(' ', line.Split(' ').Select(word => $"'{word}'"));
        using var user = new OsmoUser();
        var test = user.Write("test.sh", $"""
            PATH="{Path.GetDirectoryName(OsmoProcess.Executable)}:$PATH"
            {script.Out}
            COMP_WORDS=({words}); COMP_CWORD=$(( {line.Split(' ').Length} - 1 )); COMP_LINE='{line}'; COMP_POINT={line.Length}
            _osmo
            printf '%s\n' "$" + "COMPREPLY"
            """.Replace("\"$\" + \"COMPREPLY\"", "\"${COMPREPLY[@]}\"", StringComparison.Ordinal));

        var result = await OsmoProcess.RunFileAsync("bash", test);

        Assert.Equal((completion + "\n", ""), (result.Out, result.Error));
    }

    [Fact]
    public async Task Zsh_and_fish_get_scripts_too()
    {
        Assert.StartsWith("#compdef osmo\n", (await OsmoProcess.RunAsync("completion", "zsh")).Out, StringComparison.Ordinal);
        Assert.Contains("complete -c osmo", (await OsmoProcess.RunAsync("completion", "fish")).Out, StringComparison.Ordinal);
    }
}
