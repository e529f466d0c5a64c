using System.CommandLine;

namespace Osmo.Cli.Gateway;

/// <summary>Where the gateway is and who asks: options of every command that talks to it.</summary>
internal sealed class GatewayOptions
{
    public const string ServerVariable = "OSMO_SERVER";
    public const string TokenFileVariable = "OSMO_TOKEN_FILE";

    private const string ServerDefault = "http://127.0.0.1:8080";

    private readonly Option<string> _server = new("--server")
    {
        Description = $"The gateway's address; {ServerVariable}, or {ServerDefault}, where it is not given.",
        HelpName = "URL",
        DefaultValueFactory = _ => Variable(ServerVariable) ?? ServerDefault,
    };

    private readonly Option<string?> _tokenFile = new("--token-file")
    {
        Description = $"File with the bearer token; {TokenFileVariable} where it is not given. A development server needs none.",
        HelpName = "FILE",
        DefaultValueFactory = _ => Variable(TokenFileVariable),
    };

    public void AddTo(Command command)
    {
        command.Options.Add(_server);
        command.Options.Add(_tokenFile);
    }

    /// <exception cref="CliError">The address or the file cannot be used.</exception>
    public GatewayClient Connect(ParseResult parsed)
    {
        var text = parsed.GetRequiredValue(_server);
        if (!Uri.TryCreate(text, UriKind.Absolute, out var server) || server.Scheme is not ("http" or "https"))
        {
            throw new CliError($"\"{text}\" is no address of a gateway. Use one such as {ServerDefault}.", ExitCode.Usage);
        }

        return new GatewayClient(server, ReadToken(parsed.GetValue(_tokenFile)));
    }

    private static string? ReadToken(string? file)
    {
        try
        {
            return file is null ? null : File.ReadAllText(file).Trim();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new CliError($"The token file {file} cannot be read: {failure.Message}");
        }
    }

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
