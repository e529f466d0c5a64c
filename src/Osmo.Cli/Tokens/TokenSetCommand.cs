using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Osmo.Cli.Gateway;
using Osmo.Cli.Help;
using Osmo.Cli.Output;
using Osmo.Cli.Terminal;

namespace Osmo.Cli.Tokens;

/// <summary><c>osmo token set</c>: makes an access token and shows it once.</summary>
internal sealed partial class TokenSetCommand
{
    private const int DaysDefault = 31;
    private const string DateFormat = "yyyy-MM-dd";

    private readonly Argument<string> _name = new("NAME") { Description = "The token's name." };
    private readonly Option<string?> _expiresAt = new("--expires-at", "-e")
    {
        Description = $"The day (UTC) from which it is no longer valid; in {DaysDefault} days where it is not given.",
        HelpName = "YYYY-MM-DD",
    };

    private readonly Option<string?> _description = new("--description", "-d") { Description = "What it is for.", HelpName = "TEXT" };
    private readonly Option<bool> _service = TokenCommand.ServiceOption();
    private readonly Option<string[]> _roles = new("--roles", "-r")
    {
        Description = "The roles of a service's token.",
        HelpName = "ROLE",
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly OutputOption _output = new(OutputFormat.Table, OutputFormat.Json, OutputFormat.Yaml);

    public static Command Create(GatewayOptions gateway, CliTerminal terminal)
    {
        var set = new TokenSetCommand();
        var command = new DocumentedCommand("set", "Make an access token. It is shown once.", """
            Examples:
              osmo token set my-laptop
              osmo token set dgx-west-token --expires-at 2027-01-31 --description "Agent of dgx-west" --service --roles osmo-backend
            """)
        {
            set._name, set._expiresAt, set._description, set._service, set._roles,
        };
        set._output.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var path = set.Path(parsed, terminal.Time);
            using var client = gateway.Connect(parsed, terminal);
            var token = (await client.SendAsync(HttpMethod.Post, path, null, null, cancellationToken)).Node()?.ToString() ?? "";
            if (set._output.Of(parsed) is var format and not OutputFormat.Table)
            {
                DocumentWriter.Write(new JsonObject { ["token"] = token }, format, terminal.Out);
                return;
            }

            await terminal.Out.WriteLineAsync("Note: Save the token in a secure location as it will not be shown again");
            await terminal.Out.WriteLineAsync($"Access token: {Printable.Line(token)}");
        });
        return command;
    }

    private string Path(ParseResult parsed, TimeProvider time)
    {
        var (name, service, roles) = (parsed.GetRequiredValue(_name), parsed.GetValue(_service), parsed.GetValue(_roles) ?? []);
        if (!NameForm().IsMatch(name))
        {
            throw new CliError($"\"{name}\" cannot be a token's name: letters, digits, - and _, beginning with a letter.", ExitCode.Usage);
        }

        if (service != roles.Length > 0)
        {
            throw new CliError(
                service ? "Say which roles the service's token has: --roles osmo-backend." : "--roles are for a --service's token only.",
                ExitCode.Usage);
        }

        var query = $"expires_at={Expiry(parsed.GetValue(_expiresAt), time)}";
        query += parsed.GetValue(_description) is { } text ? $"&description={Uri.EscapeDataString(text)}" : "";
        query += string.Concat(roles.Select(role => $"&roles={Uri.EscapeDataString(role)}"));
        return $"{TokenCommand.Path(service)}/{Uri.EscapeDataString(name)}?{query}";
    }

    private static string Expiry(string? text, TimeProvider time)
    {
        if (text is null)
        {
            return time.GetUtcNow().AddDays(DaysDefault).ToString(DateFormat, CultureInfo.InvariantCulture);
        }

        return DateOnly.TryParseExact(text, ["yyyy-M-d"], out var day)
            ? day.ToString(DateFormat, CultureInfo.InvariantCulture)
            : throw new CliError($"--expires-at: \"{text}\" is no day. Write it as 2027-01-31.", ExitCode.Usage);
    }

    [GeneratedRegex("^[a-zA-Z]([a-zA-Z0-9_-]*[a-zA-Z0-9])?$")]
    private static partial Regex NameForm();
}
