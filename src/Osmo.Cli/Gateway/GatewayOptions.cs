using System.CommandLine;
using Osmo.Cli.Completion;
using Osmo.Cli.Login;
using Osmo.Cli.Profiles;
using Osmo.Cli.Terminal;

namespace Osmo.Cli.Gateway;

/// <summary>Where the gateway is and who asks: options of the whole program, before a command or behind it.</summary>
internal sealed class GatewayOptions
{
    public const string ServerVariable = "OSMO_SERVER";
    public const string TokenFileVariable = "OSMO_TOKEN_FILE";
    public const string ProfileVariable = "OSMO_PROFILE";
    public const string CaFileVariable = "OSMO_CA_FILE";

    private const string ServerDefault = "http://127.0.0.1:8080";

    private readonly Option<string?> _server = new("--server")
    {
        Recursive = true,
        Description = $"The gateway's address; {ServerVariable}, the profile's, or {ServerDefault}, where it is not given.",
        HelpName = "URL",
    };

    private readonly Option<string?> _profile = new("--profile")
    {
        Recursive = true,
        Description = $"The log-in to use; {ProfileVariable}, or the current one, where it is not given.",
        HelpName = "NAME",
    };

    private readonly Option<string?> _tokenFile = new("--token-file")
    {
        Recursive = true,
        Description = $"File with a bearer token, instead of the log-in; {TokenFileVariable} where it is not given.",
        HelpName = "FILE",
    };

    private readonly Option<string?> _caFile = new("--ca-file")
    {
        Recursive = true,
        Description = $"PEM file with the authorities to trust; {CaFileVariable}, or the profile's, where it is not given.",
        HelpName = "FILE",
    };

    /// <summary>Completes the names of the gateway's backends.</summary>
    public BackendNames Backends { get; } = new();

    /// <summary>The options, which stand before a command or behind it.</summary>
    public IReadOnlyList<Option> All => [_server, _profile, _tokenFile, _caFile];

    /// <summary>The name of the profile that was asked for; null where none was.</summary>
    public string? ProfileName(ParseResult parsed) => parsed.GetValue(_profile) ?? Variable(ProfileVariable);

    /// <summary>The file of authorities that was asked for; null where none was.</summary>
    public string? CaFile(ParseResult parsed) => parsed.GetValue(_caFile) ?? Variable(CaFileVariable);

    /// <summary>The address that was asked for; null where none was.</summary>
    public string? Server(ParseResult parsed) => parsed.GetValue(_server) ?? Variable(ServerVariable);

    /// <summary>The token's file that was asked for; null where none was.</summary>
    public string? TokenFile(ParseResult parsed) => parsed.GetValue(_tokenFile) ?? Variable(TokenFileVariable);

    /// <exception cref="CliError">The address or a file cannot be used.</exception>
    public GatewayClient Connect(ParseResult parsed, CliTerminal terminal)
    {
        var store = ProfileStore.Load();
        var (name, profile) = store.Find(ProfileName(parsed));
        var server = ParseServer(Server(parsed) ?? profile?.Server ?? ServerDefault);
        ICredential? credential = null;
        if (TokenFile(parsed) is { } file)
        {
            credential = FixedCredential.Bearer(ReadToken(file));
        }
        else if (profile?.Login is not null && server == ParseServer(profile.Server))
        {
            // Only where it was given out: the token of one gateway is none of another's business.
            credential = LoginCredential.Of(store, name, profile, terminal.Time);
        }

        return new GatewayClient(server, credential, TrustedAuthority.Handler(CaFile(parsed) ?? profile?.CaFile), terminal.Time);
    }

    /// <exception cref="CliError">It is no address.</exception>
    public static Uri ParseServer(string text) =>
        Uri.TryCreate(text.TrimEnd('/'), UriKind.Absolute, out var server) && server.Scheme is "http" or "https"
            ? server
            : throw new CliError($"\"{text}\" is no address of a gateway. Use one such as {ServerDefault}.", ExitCode.Usage);

    /// <exception cref="CliError">The file cannot be read, or there is nothing in it.</exception>
    public static string ReadToken(string file)
    {
        try
        {
            return File.ReadAllText(file).Trim() is { Length: > 0 } token && !token.Any(char.IsControl)
                ? token
                : throw new CliError($"The token file {file} does not hold one line with a token.");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new CliError($"The token file {file} cannot be read: {failure.Message}");
        }
    }

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
