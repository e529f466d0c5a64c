using System.Net;
using Osmo.Cli.Gateway;

namespace Osmo.Cli.Configs;

/// <summary>Says of a gateway's refusal where in the user's file the cause stands.</summary>
internal static class FileErrors
{
    /// <param name="send">The request.</param>
    /// <param name="file">The file that its content came from.</param>
    /// <param name="document">The document of the file, counted from 0.</param>
    /// <param name="prefix">The path of the content in that document, with a dot at its end; empty where it is the whole.</param>
    /// <returns>What the request answered.</returns>
    public static async Task<T> SendAsync<T>(Func<Task<T>> send, ConfigFile file, int document, string prefix)
    {
        try
        {
            return await send();
        }
        catch (Refusal refusal) when (refusal.Fields.Count > 0)
        {
            var lines = refusal.Fields.Select(error =>
                $"{file.Locate(document, prefix + error.Field)}: {error.Field}: {error.Message}");
            throw new CliError(string.Join('\n', lines), refusal.ExitCode);
        }
        catch (Refusal refusal) when (refusal.Status == HttpStatusCode.PreconditionFailed)
        {
            throw new CliError($"Somebody changed it meanwhile: {refusal.Message} Look at it anew, and try again.");
        }
    }
}
