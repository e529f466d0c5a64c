using System.CommandLine;
using System.Globalization;
using Osmo.Cli.Gateway;
using Osmo.Cli.Help;
using Osmo.Cli.Output;
using Osmo.Cli.Terminal;

namespace Osmo.Cli.Configs;

/// <summary><c>osmo config history</c>: who changed what, when and why.</summary>
internal sealed class HistoryCommand
{
    private const int LimitDefault = 20;

    private readonly Argument<string?> _type = new("TYPE") { Description = "Only this type.", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<int> _offset = new("--offset") { Description = "Newest revisions to leave out.", HelpName = "N" };
    private readonly Option<int> _limit = new("--limit")
    {
        Description = "Most revisions to show: the newest.",
        HelpName = "N",
        DefaultValueFactory = _ => LimitDefault,
    };

    private readonly Option<string> _order = new("--order")
    {
        Description = "asc (the newest last) or desc.",
        HelpName = "ORDER",
        DefaultValueFactory = _ => "asc",
    };

    private readonly Option<string?> _name = new("--name") { Description = "Only changes of this part.", HelpName = "NAME" };
    private readonly Option<int?> _revision = new("--revision") { Description = "Only this revision.", HelpName = "N" };
    private readonly Option<string[]> _tags = new("--tags")
    {
        Description = "Only revisions that carry all of these tags.",
        HelpName = "TAG",
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<string?> _before = new("--created-before") { Description = "Only older ones.", HelpName = "TIME" };
    private readonly Option<string?> _after = new("--created-after") { Description = "Only newer ones.", HelpName = "TIME" };
    private readonly Option<string?> _at = new("--at-timestamp")
    {
        Description = "The revision of each type that was in force at this time.",
        HelpName = "TIME",
    };

    private readonly OutputOption _output = new(OutputFormat.Table, OutputFormat.Json, OutputFormat.Yaml, OutputFormat.Name);

    public static Command Create(GatewayOptions gateway, CliTerminal terminal)
    {
        var history = new HistoryCommand();
        history._order.Only(["asc", "desc"], "ASC", "DESC");
        history._type.CompletionSources.Add([.. ConfigType.Names]);
        var command = new DocumentedCommand("history", "Show who changed what, when and why.", """
            Times are those of your zone where they do not say which.

            Examples:
              osmo config history
              osmo config history BACKEND --name dgx-west --order desc
              osmo config history --created-after 2026-11-21T08:00 --tags night-shift
            """)
        {
            history._type, history._offset, history._limit, history._order, history._name, history._revision, history._tags,
            history._before, history._after, history._at,
        };
        history._output.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var query = history.Query(parsed, terminal.Time);
            using var client = gateway.Connect(parsed, terminal);
            var entries = await new ConfigApi(client).HistoryAsync(query, cancellationToken);
            HistoryTable.Write(entries, history._output.Of(parsed), brief: false, terminal);
        });
        return command;
    }

    private string Query(ParseResult parsed, TimeProvider time)
    {
        var parts = new List<string> { "omit_data=True" };
        void Add(string name, object? value)
        {
            if (value is not null)
            {
                parts.Add($"{name}={Uri.EscapeDataString(Convert.ToString(value, CultureInfo.InvariantCulture)!)}");
            }
        }

        string? Time(Option<string?> option) =>
            parsed.GetValue(option) is { } text ? LocalTime.ToQuery(text, option.Name, time) : null;

        Add("offset", parsed.GetValue(_offset));
        Add("limit", parsed.GetValue(_limit));
        Add("order", parsed.GetRequiredValue(_order).ToUpperInvariant());
        Add("config_types", parsed.GetValue(_type) is { } type ? ConfigType.Parse(type).Name : null);
        Add("name", parsed.GetValue(_name));
        Add("revision", parsed.GetValue(_revision));
        foreach (var tag in parsed.GetValue(_tags) ?? [])
        {
            Add("tags", tag);
        }

        Add("created_before", Time(_before));
        Add("created_after", Time(_after));
        Add("at_timestamp", Time(_at));
        return string.Join('&', parts);
    }
}
