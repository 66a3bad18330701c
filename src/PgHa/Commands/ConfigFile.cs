using System.Collections;
using System.CommandLine;
using System.Net.Security;
using PgHa.Agent;
using PgHa.Agent.Configuration;

namespace PgHa.Commands;

/// <summary>The configuration as a command sees it: loaded with the environment, or its errors printed.</summary>
internal static class ConfigFile
{
    /// <summary>The option every command takes.</summary>
    internal static Option<string> Option() => new("--config", "-c")
    {
        Description = "the agent's configuration file",
        DefaultValueFactory = _ => ConfigurationLoader.DefaultFile,
    };

    /// <summary>The variables of this process.</summary>
    internal static Dictionary<string, string> Environment() => System.Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
        .ToDictionary(e => (string)e.Key, e => (string?)e.Value ?? "");

    /// <summary>Loads the file; on errors prints all of them and gives null.</summary>
    internal static ConfigurationResult? Load(string file)
    {
        var result = ConfigurationLoader.Load(file, Environment());
        foreach (var error in result.Errors)
            Print(error);
        return result.IsValid ? result : null;
    }

    /// <summary>The token, or null if none is configured; false if it cannot be read.</summary>
    internal static bool TryReadToken(AgentOptions options, out string? token)
    {
        token = null;
        if (options.Security.TokenFile is not { } file)
            return true;
        var read = TokenFile.Read(file);
        if (read.Error is { } error)
            Print(error);
        token = read.Token;
        return read.IsValid;
    }

    /// <summary>What this machine's own agent is shown: the agents' token, else that of this machine, where there is one; false if it cannot be read.</summary>
    internal static bool TryReadLocalToken(AgentOptions options, string? agents, out string? token)
    {
        token = agents;
        if (token is not null || !options.Security.OwnerOnly)
            return true;
        (token, var problem) = LocalTokenFile.Find(options.State);
        if (problem is not null)
            Print(new("security.local", problem.Message, problem.Hint, options.State.LocalToken));
        return problem is null;
    }

    /// <summary>Certificate and key, or null if none are configured; false if they cannot be used.</summary>
    internal static bool TryReadCertificate(AgentOptions options, out SslStreamCertificateContext? served)
    {
        served = null;
        if (options.Security.Tls is not { } tls)
            return true;
        (served, var error) = TlsFiles.Read(tls);
        if (error is not null)
            Print(error);
        return error is null;
    }

    /// <summary>What is wrong, and what to do about it.</summary>
    internal static void Print(ConfigurationError error)
    {
        Console.Error.WriteLine($"error: {error.Source}: {error.Message}");
        Console.Error.WriteLine($"  hint: {error.Hint}");
    }
}
