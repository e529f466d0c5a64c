namespace Osmo.Agent;

/// <summary>The token that the gateway wants to see.</summary>
internal static class GatewayToken
{
    /// <summary>Most bytes of a token file.</summary>
    public const int FileBytesMax = 64 * 1024;

    public static bool IsUsable(string token) => token.Length > 0 && token.All(c => c is > ' ' and < (char)127);

    /// <summary>The token to use now, or null for none.</summary>
    /// <exception cref="ChannelException">The file cannot be used. It may be so later.</exception>
    public static async Task<string?> ReadAsync(AgentOptions options, CancellationToken cancellation)
    {
        if (options.TokenFile is not { } path)
        {
            return options.Token;
        }

        string token;
        try
        {
            if (new FileInfo(path) is { Exists: true, Length: > FileBytesMax })
            {
                throw new ChannelException($"The token file {path} has more than {FileBytesMax} bytes; it should hold a token alone.");
            }

            token = (await File.ReadAllTextAsync(path, cancellation).ConfigureAwait(false)).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ChannelException($"The token file cannot be read: {e.Message}");
        }

        return IsUsable(token) ? token : throw new ChannelException($"The token file {path} holds no token, or more than one.");
    }
}
