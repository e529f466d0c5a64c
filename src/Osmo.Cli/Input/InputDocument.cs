using Osmo.Cli.Terminal;

namespace Osmo.Cli.Input;

/// <summary>Reads a file or the standard input whole, as UTF-8 JSON. YAML, as <c>kubectl -o yaml</c> writes it, is converted.</summary>
internal static class InputDocument
{
    /// <summary>Most bytes of one input: about 80,000 nodes of 12 KB.</summary>
    public const long BytesMax = 1_000_000_000;

    public const string StandardInput = "-";

    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    /// <summary>How messages name the input.</summary>
    public static string NameOf(string path) => path == StandardInput ? "standard input" : path;

    public static ReadOnlyMemory<byte> ReadJson(string path, CliTerminal terminal, long bytesMax = BytesMax)
    {
        var name = NameOf(path);
        ReadOnlyMemory<byte> bytes;
        try
        {
            using var stream = path == StandardInput ? terminal.OpenInput() : File.OpenRead(path);
            bytes = ReadAll(stream, name, bytesMax);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CliError($"{name}: no such file. Check the path, or use \"-\" to read the standard input.");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CliError($"{name}: cannot be read: {error.Message}");
        }

        if (bytes.Span.StartsWith(ByteOrderMark))
        {
            bytes = bytes[ByteOrderMark.Length..];
        }

        return ToJson(bytes, name);
    }

    private static ReadOnlyMemory<byte> ToJson(ReadOnlyMemory<byte> bytes, string name)
    {
        var text = bytes.Span.TrimStart(" \t\r\n"u8);
        if (text.IsEmpty)
        {
            throw new CliError($"{name}: the input is empty. If a command was to write it, look at that command's own error message.");
        }

        if (text.Contains((byte)0))
        {
            throw new CliError(
                $"{name}: this is binary (Kubernetes protobuf?), not JSON. Ask for JSON, for example with 'kubectl get nodes -o json'.");
        }

        return text[0] is (byte)'{' or (byte)'[' or (byte)'"' ? bytes : YamlToJson.Convert(bytes, name);
    }

    private static ReadOnlyMemory<byte> ReadAll(Stream stream, string name, long bytesMax)
    {
        using var whole = new MemoryStream();
        var buffer = new byte[64 * 1024];
        for (int read; (read = stream.Read(buffer)) > 0;)
        {
            if (whole.Length + read > bytesMax)
            {
                throw new CliError(
                    $"{name}: larger than {bytesMax / 1_000_000} MB. Split it, for example with 'kubectl get nodes -l KEY=VALUE'.");
            }

            whole.Write(buffer, 0, read);
        }

        return whole.GetBuffer().AsMemory(0, (int)whole.Length);
    }
}
